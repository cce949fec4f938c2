"""What functions need from a cloud: one Protocol per capability. Owns signatures and guarantees; no adapters."""

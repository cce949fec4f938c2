"""What functions need from a cloud: one Protocol per capability. Owns shapes and promises; knows no adapter."""

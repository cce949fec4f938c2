"""What functions need from a cloud: one Protocol per capability. Owns shapes and promises; must not know any adapter."""

"""The nouns of the field, frozen. Owns their meaning and validity; must not do I/O or know any cloud's SDK."""

"""Twin2MultiCloud: a five-layer digital twin with each layer on the cloud that suits it."""

__version__ = "0.1.0"

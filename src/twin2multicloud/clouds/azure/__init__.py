"""azure: native events to and from the domain, and its adapters."""

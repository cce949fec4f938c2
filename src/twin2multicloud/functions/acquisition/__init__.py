"""L1: from a device's publish to the processor."""

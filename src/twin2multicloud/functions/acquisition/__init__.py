"""L1: from a device's reading to the processor's name."""

"""Our three clouds, a `CloudPack` each: all its parts, put together. Only entry points name these modules."""

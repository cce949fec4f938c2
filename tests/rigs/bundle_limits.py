"""What a function's bundle may weigh: held by tests, shown by benchmarks."""

MAX_OWN_BYTES = 84_000
"""Of our own code, zipped, in one archive: a cold start unpacks and compiles it."""

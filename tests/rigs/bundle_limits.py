"""What a function's bundle may weigh: held by tests, shown by benchmarks."""

MAX_OWN_BYTES = 85_000
"""Of our own code, zipped, in one archive: a cold start unpacks and compiles it. The last thousand are of
the gateway that makes one message of publishes that arrive together, by which all further hops save runs."""

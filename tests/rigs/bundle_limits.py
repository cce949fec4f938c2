"""What a function's bundle may weigh: held by tests, shown by benchmarks."""

MAX_OWN_BYTES = 89_500
"""Of our own code, zipped, in one archive: a cold start unpacks and compiles it.

Of it 4 KB are events (rules as data, the event table's engine beside the other adapters), which a cold start imports
only where it evaluates rules, and one is the gateway that makes one message of publishes that arrive together.
"""

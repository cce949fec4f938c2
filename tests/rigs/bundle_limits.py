"""What a function's bundle may weigh: held by tests, shown by benchmarks."""

MAX_OWN_BYTES = 88_500
"""Of our own code, zipped, in one archive: a cold start unpacks and compiles it.

It was 84,000 before there were events: rules as data and the event table's engine ship beside the other adapters, 4 KB
in every function, although a cold start imports them only where it evaluates rules.
"""

"""Signals that a started process hears, whatever the one that runs the tests was told to ignore."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hearing_signals() -> Iterator[None]:
    """What is started meanwhile hears Ctrl-C and a hang-up.

    A shell lets what it starts in the background ignore SIGINT, nohup SIGHUP, and whatever that starts inherits it.
    What a parent handles begins in its child as if new. Not by a function between fork and exec: gRPC, once a test of
    this process has loaded it, aborts some of those forks.
    """
    ignored = [each for each in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_IGN]
    for each in ignored:
        signal.signal(each, lambda *_: None)
    try:
        yield
    finally:
        for each in ignored:
            signal.signal(each, signal.SIG_IGN)

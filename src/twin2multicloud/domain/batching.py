"""How many readings share a run on real clouds, by rate and window. The one estimate; no cloud's limits.

Each cloud gathers in its own way (docs/batches.md), and all bring at least so many: a test holds it against the
delivery rules of each service, over what is rendered.
"""

LANES = 5
"""What gathers side by side at most: SQS has five pollers on a queue, Event Hubs four partitions here, a gateway one,
which waits where so many came within the last window."""
MOST = 50
"""What the smallest of them takes at once."""


def readings_together(per_second: float, window_s: float) -> float:
    """How many readings share a message, a run and a POST, on average.

    >>> readings_together(100, 1), readings_together(100, 0), readings_together(1, 1)
    (20.0, 1.0, 1.0)
    """
    return min(max(per_second * window_s / LANES, 1.0), MOST)

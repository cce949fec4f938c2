"""Counting messages and timing them. Owns counters and percentiles; stores nothing."""

import threading
from collections import deque

SAMPLES = 4096


class Meter:
    """Counts and times what passes one point. Latencies are kept for the last few thousand batches."""

    def __init__(self) -> None:
        self.received = self.done = self.dead = self.refused = 0
        self._latencies: deque[float] = deque(maxlen=SAMPLES)
        self._lock = threading.Lock()

    def came(self, messages: int) -> None:
        """Messages were accepted."""
        with self._lock:
            self.received += messages

    def went(self, messages: int, seconds: float) -> None:
        """Messages are done, `seconds` after they were accepted."""
        with self._lock:
            self.done += messages
            self._latencies.append(seconds)

    def died(self, messages: int) -> None:
        """Messages were dead-lettered."""
        with self._lock:
            self.dead += messages

    def revived(self, messages: int) -> None:
        """Dead-lettered messages are about to come again: they are counted once."""
        with self._lock:
            messages = min(messages, self.dead)  # those of an earlier process were not counted by this one
            self.received -= messages
            self.done -= messages
            self.dead -= messages

    def was_refused(self) -> None:
        """A request was refused."""
        with self._lock:
            self.refused += 1

    def percentile(self, share: float) -> float | None:
        """A latency in ms that `share` of the samples stay below; None without samples."""
        with self._lock:
            samples = sorted(self._latencies)
        if not samples:
            return None
        return round(1000 * samples[min(len(samples) - 1, int(share * len(samples)))], 3)

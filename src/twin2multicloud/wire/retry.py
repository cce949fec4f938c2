"""Retry counts and delays: exponential backoff, full jitter, Retry-After respected. Computes delays; never sleeps."""

import msgspec

from twin2multicloud.ports.clock import Chance


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule of retries. Times are in seconds.

    Full jitter (uniform between 0 and the step) after AWS's "Exponential Backoff And Jitter".
    """

    first: float = 1.0
    factor: float = 2.0
    retries: int = 3
    longest_wait: float = 30.0  # a function is paid by the second: a longer Retry-After is not waited for

    def delay(self, retry: int, chance: Chance, retry_after: float | None = None) -> float | None:
        """Seconds to wait before the `retry`-th retry (from 0), or None when it is time to give up."""
        if retry >= self.retries or (retry_after is not None and retry_after > self.longest_wait):
            return None
        jittered = self.first * self.factor**retry * chance.random()
        return max(jittered, retry_after or 0.0)


def parse_retry_after(text: str | None) -> float | None:
    """``Retry-After`` in seconds; None for its HTTP-date form and invalid values, where the policy's delay applies."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None

"""Trying one exchange again, as a policy says. Owns the loop; the policy owns the delays, and a clock the sleep."""

from collections.abc import Callable
from typing import TypeVar

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.wire.retry import RetryPolicy

_Result = TypeVar("_Result")


def tried_again(attempt: Callable[[], _Result], policy: RetryPolicy, clock: Clock, chance: Chance) -> _Result:
    """The result of an attempt, which is made again after a RetryableError until the policy gives up.

    Raises the last RetryableError, and at once whatever else the attempt raises.
    """
    retry = 0
    while True:
        try:
            return attempt()
        except RetryableError as error:
            wait = policy.delay(retry, chance, error.retry_after)
            if wait is None:
                raise
        clock.sleep(wait)
        retry += 1

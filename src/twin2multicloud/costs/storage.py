"""What object stores bill for what they hold: minimum durations and sizes. Owns that rule once for three clouds."""

from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB


def billed_gb(t: Traffic, minimum_kb: float = 0, extra_kb: float = 0) -> float:
    """GB that a month's objects are billed as: at least `minimum_kb` each, `extra_kb` of index on top."""
    return max(t.gb, t.chunks * minimum_kb / KB_PER_GB) + t.chunks * extra_kb / KB_PER_GB


def held_gb(t: Traffic, months: float, minimum_days: float, minimum_kb: float = 0, extra_kb: float = 0) -> float:
    """GB-months billed each month in the steady state, for objects that stay `months`.

    A deletion before `minimum_days` is billed as if they had passed (the early-deletion fee, pro rata).
    """
    return billed_gb(t, minimum_kb, extra_kb) * max(months, minimum_days / DAYS_PER_MONTH)


def returned_gb(t: Traffic, held: float) -> float:
    """GB read back by people in a month: the workload's share of what is held."""
    return held * t.workload.restore_share

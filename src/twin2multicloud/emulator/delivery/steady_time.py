"""The time that ages are measured by: this machine's when the process started, and what has passed since.

Setting the machine's clock while a twin runs so makes nothing older or younger. A process that starts later takes the
clock as it is then.
"""

import time
from pathlib import Path


def since_boot() -> float:
    """Seconds on a clock that nobody sets, the same in all processes of this machine until it restarts."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot() -> str:
    """The name of this run of the machine; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


_STARTED = time.time() - since_boot()


def steady_seconds() -> float:
    """Seconds since 1970."""
    return _STARTED + since_boot()


def steady_milliseconds() -> int:
    """Milliseconds since 1970."""
    return int(steady_seconds() * 1000)

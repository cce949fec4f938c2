"""What a history is made of: load and faults, as values with their times. Made from a seed, shrunk by leaving out."""

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.proving.load import Attack, Way
from twin2multicloud.proving.network import Trouble


class Step(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`at`: seconds since the history began. `number`: its place among all steps of its seed."""

    at: float
    number: int


class Publish(Step, frozen=True, kw_only=True, tag=True):
    """An honest device publishes that many readings as one message, again until it is acknowledged."""

    device: str
    readings: int
    way: Way


class Hostile(Step, frozen=True, kw_only=True, tag=True):
    """Somebody does what no device should."""

    device: str
    attack: Attack


class Kill(Step, frozen=True, kw_only=True, tag=True):
    """SIGKILL; up again after `down` seconds. `damage`: what becomes of a write-ahead log meanwhile."""

    cloud: Cloud
    moment: str  # see `MOMENTS`
    down: float
    damage: str = ""  # see `DAMAGES`


class Freeze(Step, frozen=True, kw_only=True, tag=True):
    """SIGSTOP and SIGCONT."""

    cloud: Cloud
    seconds: float


class Restart(Step, frozen=True, kw_only=True, tag=True):
    """`t2mc down` and `t2mc up` of one cloud."""

    cloud: Cloud


class Disturb(Step, frozen=True, kw_only=True, tag=True):
    """Something goes wrong between two clouds for a while."""

    source: Cloud
    target: Cloud
    trouble: Trouble
    seconds: float


class FillDisk(Step, frozen=True, kw_only=True, tag=True):
    """A cloud's disk takes nothing for a while."""

    cloud: Cloud
    seconds: float


class SetClock(Step, frozen=True, kw_only=True, tag=True):
    """A machine's wall clock is set."""

    cloud: Cloud
    seconds: float


class Redrive(Step, frozen=True, kw_only=True, tag=True):
    """`t2mc dlq redrive`, several times at once."""

    cloud: Cloud
    times: int


class Advance(Step, frozen=True, kw_only=True, tag=True):
    """`t2mc clock advance`: the movers run."""

    days: int


AnyStep = Publish | Hostile | Kill | Freeze | Restart | Disturb | FillDisk | SetClock | Redrive | Advance

MOMENTS = ("now", "before a commit", "after a commit")
DAMAGES = ("cut", "flipped", "gone")


_FAULTS = {
    Kill: "kills",
    Freeze: "stops",
    Restart: "restarts",
    FillDisk: "full disks",
    SetClock: "clock steps",
    Redrive: "redrives",
    Advance: "runs of the movers",
}


def fault_of(step: AnyStep) -> str | None:
    """What kind of fault a step is, in the plural; None for load."""
    return str(step.trouble) if isinstance(step, Disturb) else _FAULTS.get(type(step))


def said(step: AnyStep) -> str:
    """A step as a line of a history."""
    named = ((name, getattr(step, name)) for name in step.__struct_fields__ if name not in ("at", "number"))
    return f"step {step.number}: {type(step).__name__}({', '.join(f'{name}={value}' for name, value in named)})"

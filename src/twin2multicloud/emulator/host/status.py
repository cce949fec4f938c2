"""Status records of an emulated cloud and of the twin as a whole. Holds data only."""

import msgspec

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.planning.topology import Locality


class FunctionTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that one function has been given, since the cloud's data folder was made. Latencies in ms."""

    function: str
    boundary: str
    received: int = 0  # accepted for it, durably
    done: int = 0
    dead_lettered: int = 0
    waiting: int = 0  # in the queue, or being worked on
    open: bool = False  # the breaker of its boundary: nothing passes
    p50_ms: float | None = None  # from acceptance to done, over the last few thousand messages
    p99_ms: float | None = None


class EndpointTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one function's URL, or native calls of it, since the process started. Latencies in ms."""

    function: str
    requests: int = 0
    refused: int = 0  # with a status of 500 or more
    p50_ms: float | None = None
    p99_ms: float | None = None


class TierStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a cold or archive store holds. `oldest` and `newest` are stamps of readings, empty where there are none."""

    slot: Slot
    objects: int = 0
    readings: int = 0
    size: int = 0  # bytes
    oldest: str = ""
    newest: str = ""


class CloudStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One emulated cloud; `running` is False where it did not answer."""

    cloud: Cloud
    running: bool
    functions: tuple[str, ...] = ()
    queues: tuple[FunctionTraffic, ...] = ()
    endpoints: tuple[EndpointTraffic, ...] = ()
    published: int = 0  # accepted from devices
    rejected: int = 0  # refused to devices, or no telemetry
    ignored: int = 0  # on topics that the project says are not read
    set_aside: int = 0  # groups of its queues that were damaged, see `t2mc doctor`
    errors: int = 0  # error events
    waiting_bytes: int = 0  # on disk, in all queues
    oldest_s: float = 0.0  # how long the oldest of them has waited
    holding_back: str | None = None  # why devices and other clouds wait for their acknowledgements, if they do
    device_dead_letters: int = 0  # publishes that the dispatcher refused, kept as they came
    stored: int | None = None  # readings in the hot store, on its cloud
    tiers: tuple[TierStatus, ...] = ()  # the older stores that are on this cloud
    now: str = ""  # the time of the cloud's clock

    @property
    def dead_letters(self) -> int:
        """Messages in all of its dead-letter queues."""
        return self.device_dead_letters + sum(queue.dead_lettered for queue in self.queues)


class BoundaryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One boundary of the running twin: messages in, out and dead-lettered."""

    name: str
    locality: Locality
    source_cloud: Cloud
    target_cloud: Cloud
    running: bool  # False where the emulator does not run this boundary's functions (yet)
    known: bool = True  # False where the source's cloud does not answer: then there are no counts
    messages_in: int = 0
    messages_out: int = 0
    dead_lettered: int = 0
    open: bool = False  # its breaker is: the other side has not answered for a minute, and is asked now and then
    p50_ms: float | None = None
    p99_ms: float | None = None

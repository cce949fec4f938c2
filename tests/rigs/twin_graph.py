"""A twin service that is a dictionary, and what the contract suite needs to know of one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AZURE
from tests.rigs.twins import twin
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.l4.digital_twins import DigitalTwins
from twin2multicloud.emulator.l4.face import Account
from twin2multicloud.ports.twin_graph import ChangedError, Measured, TwinGraph, TwinState


class RigTwinGraph:
    """A `TwinGraph`. Twins are made as they are asked for; `without` are those that are not there.

    `throttled` makes it refuse so many updates for a second; `updates` counts those that it took, by twin.
    """

    def __init__(self) -> None:
        self.twins: dict[str, TwinState] = {}
        self.without: set[str] = set()
        self.refused_values: set[object] = set()
        self.updates: list[str] = []
        self.reads = 0
        self.throttled = 0

    def state(self, twin_id: str) -> TwinState:
        self.reads += 1
        if twin_id in self.without:
            raise FinalError(f"there is no twin {twin_id!r}", 404)
        return self.twins.setdefault(twin_id, TwinState("0"))

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:
        if self.throttled:
            self.throttled -= 1
            raise RetryableError("too many requests", 1.0)
        state = self.state(twin_id)
        self.reads -= 1
        if state.version != version:
            raise ChangedError(f"{twin_id} is {state.version}")
        if any(each.value in self.refused_values for each in values.values()):
            raise FinalError("a value is refused", 400)
        version = str(int(version) + 1)
        self.twins[twin_id] = TwinState(
            version,
            {**state.values, **{name: each.value for name, each in values.items()}},
            {**state.times, **{name: each.time for name, each in values.items()}},
        )
        self.updates.append(twin_id)
        return version


class TwinGraphRig:
    """The twin `room-1.thermostat`, a thermostat of `tests.rigs.twins`, and its graph."""

    twin = "room-1.thermostat"

    def __init__(self, graph: TwinGraph | None = None) -> None:
        self.graph = graph or _with_that_twin()


def _with_that_twin() -> RigTwinGraph:
    graph = RigTwinGraph()
    graph.state(TwinGraphRig.twin)
    graph.without.add("nobody")
    return graph


@contextmanager
def emulated_graph(folder: Path) -> Iterator[TwinGraphRig]:
    """The emulator's own instance, in one process."""
    with served_instance(folder) as instance:
        assert instance.graph is not None
        yield TwinGraphRig(instance.graph)


@contextmanager
def served_instance(folder: Path, of: Twin | None = None) -> Iterator[DigitalTwins]:
    """An emulated Azure Digital Twins instance with the graph of a twin, the house where none is given."""
    clock, of = RigClock(), of or twin(Placement.single(AZURE))
    account = Account(twin=of, call=lambda *_: {}, since=clock.now(), folder=folder, now=clock.now)
    instance = DigitalTwins(account)
    yield instance
    instance.close()

"""Writes latest values to a twin service: the newest of each property, in one update for each twin of a batch.

An older value never replaces a newer one: each property carries the time at which it was measured, and a twin is
updated on the version that those times were read from. Of two readings with the same time the first one stays.

A service takes a limited number of operations on one twin. What waits meanwhile is merged: a batch is one update of a
twin, however many of its readings it holds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from twin2multicloud.domain.dtdl_names import component_twin, property_name
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Reading
from twin2multicloud.domain.twin_graph import ComponentModel, TwinModel
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.telemetry_writer import ItemError, TelemetryWriter
from twin2multicloud.ports.twin_graph import ChangedError, Measured, TwinGraph, TwinState

SECONDS_BETWEEN = 0.1
"""Azure Digital Twins takes ten operations a second on one twin (learn.microsoft.com, digital-twins service limits)."""
_ATTEMPTS = 5  # on a twin that others write too
_LONGEST_WAIT = 2.0  # s; what has to wait longer waits in the queue
_MOST_TWINS = 20_000  # whose state one process remembers


def graph_writer(parts: Parts) -> TelemetryWriter:
    """Writes to the twin service on this cloud."""
    ports = parts.ports
    return parts.observed(GraphWriter(parts.graph, TwinModel(ports.hierarchy, ports.catalog), ports.clock))


_Place = tuple[str, ComponentModel]


class GraphWriter:
    """A `TelemetryWriter`. Readings of devices that the hierarchy does not name have no place in the graph."""

    def __init__(self, graph: TwinGraph, model: TwinModel, clock: Clock) -> None:
        self._graph, self._model, self._pace = graph, model, _Pace(clock)
        self._known: dict[str, TwinState] = {}
        self._places: dict[str, tuple[_Place, ...]] = {}

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:  # noqa: ARG002 - the port has it
        """See `ports.telemetry_writer.TelemetryWriter.write_batch`. A throttled twin is not all: its readings wait."""
        errors: dict[int, ItemError] = {}
        waiting: dict[str, list[tuple[int, dict[str, Measured]]]] = {}
        for index, reading in sorted(enumerate(readings), key=_age):
            try:
                for twin_id, values in self._measured(reading):
                    waiting.setdefault(twin_id, []).append((index, values))
            except InvalidTelemetryError as error:
                errors[index] = ItemError(index, str(error))
        for twin_id, items in waiting.items():
            for each in self._write(twin_id, items):
                if not (each.index in errors and errors[each.index].final):
                    errors[each.index] = each
        return [errors[index] for index in sorted(errors)]

    def _measured(self, reading: Reading) -> Iterator[tuple[str, dict[str, Measured]]]:
        """What a reading says of each twin that its device feeds, by the names of the graph."""
        places = self._places_of(reading.key.device_id)
        if not places:
            return
        key, _, found = reading.parts
        for entity, component in places:
            declared = {each.name for each in component.properties}
            values = {
                property_name(name): Measured(value, key.timestamp) for name, value in found.items() if name in declared
            }
            if values:
                yield component_twin(entity, component.name), values

    def _places_of(self, device_id: str) -> tuple[_Place, ...]:
        found = self._places.get(device_id)
        if found is None:
            if len(self._places) >= _MOST_TWINS:
                self._places.clear()
            pairs = (
                (entity, self._model.component(entity, name)) for entity, name in self._model.holders_of(device_id)
            )
            found = self._places[device_id] = tuple((entity, one) for entity, one in pairs if one is not None)
        return found

    def _write(self, twin_id: str, items: Sequence[tuple[int, Mapping[str, Measured]]]) -> list[ItemError]:
        """Write what a batch says of one twin, at once; one reading after the other where that is refused."""
        newest: dict[str, Measured] = {}
        for _, values in items:  # the oldest first
            newest |= values
        try:
            self._pace.keep(twin_id, lambda: self._update(twin_id, newest))
        except FinalError as error:
            if len(items) > 1 and error.status != 404:
                return [failed for item in items for failed in self._write(twin_id, [item])]
            return [ItemError(index, str(error)) for index, _ in items]
        except RetryableError as error:
            return [ItemError(index, str(error), final=False) for index, _ in items]
        return []

    def _update(self, twin_id: str, newest: Mapping[str, Measured]) -> None:
        for _ in range(_ATTEMPTS):
            state = self._known.get(twin_id)
            if state is None:
                state = self._graph.state(twin_id)
            newer = {name: each for name, each in newest.items() if each.time > state.times.get(name, "")}
            if not newer:
                self._remember(twin_id, state)
                return
            self._known.pop(twin_id, None)  # unless it succeeds, nobody knows what the twin is now
            try:
                version = self._graph.update(twin_id, newer, state.version)
            except ChangedError:
                continue
            times = {**state.times, **{name: each.time for name, each in newer.items()}}
            self._remember(twin_id, TwinState(version, times=times))
            return
        raise RetryableError(f"{twin_id} was changed by others in each of {_ATTEMPTS} attempts")

    def _remember(self, twin_id: str, state: TwinState) -> None:
        if len(self._known) >= _MOST_TWINS:
            self._known.clear()
        self._known[twin_id] = state


class _Pace:
    """When each twin may be written next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def keep(self, twin_id: str, write: Callable[[], None]) -> None:
        """Write once the twin's time has come. Raises what `write` does; RetryableError where that is too long."""
        wait = self._next.get(twin_id, 0.0) - self._clock.monotonic()
        if wait > _LONGEST_WAIT:
            raise RetryableError(f"{twin_id} is throttled for {wait:.0f} s more", wait)
        if wait > 0:
            self._clock.sleep(wait)
        pause = SECONDS_BETWEEN
        try:
            write()
        except RetryableError as error:
            pause = max(pause, error.retry_after or 0.0)
            raise
        finally:
            if len(self._next) >= _MOST_TWINS:
                self._next.clear()
            self._next[twin_id] = self._clock.monotonic() + pause


def _age(item: tuple[int, Reading]) -> tuple[str, str]:
    """The order in which the hot store has readings."""
    return item[1].key.timestamp, item[1].key.message_id

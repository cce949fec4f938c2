"""The engine over two tables beside a model that shares no code with it: whatever happens, all say the same."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.emulated import emulated_hot_store
from tests.rigs.hot_store import HotStoreRig, delete_between
from tests.rigs.readings import reading
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.telemetry import Reading, Telemetry, values_of
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.ports.hot_store import HotStore, RangeQuery, Row, RowKey
from twin2multicloud.stores.rows import as_reading

NAMES = ("a", "b", "c")
ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
Ask = Callable[[HotStore], object]


class ModelHotStore:
    """A `HotStore` in a dict, straight from what the port says: the shortest text of what a hot store is."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[RowKey, Telemetry]] = defaultdict(dict)

    def write(self, readings: Sequence[Reading]) -> None:
        for each in (made.flat for made in readings):
            self.rows[str(each["device_id"])][RowKey(each["timestamp"], each["message_id"])] = values_of(each)

    def range(self, query: RangeQuery) -> Sequence[Row]:
        rows = self.rows.get(query.device_id, {})
        keys = sorted((key for key in rows if _wanted(key, query)), reverse=query.descending)
        found = ((key, {name: rows[key][name] for name in query.properties if name in rows[key]}) for key in keys)
        return [Row(key, values) for key, values in found if values][: query.limit]

    def last(self, device_id: str, properties: tuple[str, ...]) -> Mapping[str, tuple[str, Scalar]]:
        latest: dict[str, tuple[str, Scalar]] = {}
        for key, values in sorted(self.rows.get(device_id, {}).items()):
            latest.update({name: (key.timestamp, values[name]) for name in properties if name in values})
        return latest

    def oldest(self, device_id: str, before: str, limit: int, after: RowKey | None = None) -> Sequence[Reading]:
        rows = self.rows.get(device_id, {})
        keys = sorted(key for key in rows if key.timestamp < before and (after is None or key > after))
        return [as_reading(device_id, Row(key, rows[key])) for key in keys[:limit]]

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        for key in keys:
            self.rows.get(device_id, {}).pop(key, None)

    def erase(self, device_id: str, limit: int) -> int:
        keys = sorted(self.rows.get(device_id, {}))[:limit]
        self.delete(device_id, keys)
        return len(keys)

    def count(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


def _wanted(key: RowKey, query: RangeQuery) -> bool:
    if not query.start < key.timestamp <= query.end:
        return False
    return query.after is None or (key < query.after if query.descending else key > query.after)


devices = st.sampled_from(["d", "e"])
stamps = st.integers(0, 12).map(lambda each: from_milliseconds(1_768_471_200_000 + each))
bounds = st.one_of(stamps, st.sampled_from(ALWAYS))
chosen = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def readings(draw) -> Reading:
    """The message id says what was measured, as it does where the dispatcher makes it: one id is one reading."""
    measured = {name: draw(st.integers(0, 2)) for name in draw(chosen)}
    message = ",".join(f"{name}{value}" for name, value in sorted(measured.items()))
    return reading({"device_id": draw(devices), "timestamp": draw(stamps), "message_id": message, **measured})


def writing(batch: list[Reading]) -> Ask:
    return lambda store: store.write(batch)


def deleting(device: str, start: str, end: str) -> Ask:
    return lambda store: delete_between(store, device, start, end)


def asking_oldest(device: str, before: str, limit: int) -> Ask:
    return lambda store: list(store.oldest(device, before, limit))


def asking_last(device: str, names: tuple[str, ...]) -> Ask:
    return lambda store: dict(store.last(device, names))


def asking_range(asked: RangeQuery) -> Ask:
    return lambda store: [(row.key, dict(row.values)) for row in store.range(asked)]


queries = st.builds(
    RangeQuery,
    device_id=devices,
    start=bounds,
    end=bounds,
    properties=chosen,
    limit=st.integers(1, 5),
    descending=st.booleans(),
    after=st.none() | st.builds(RowKey, stamps, st.sampled_from(["", "a1", "b"])),
)
EVERYTHING = [asking_last(device, NAMES) for device in "de"] + [
    asking_range(RangeQuery(device_id=device, start=ALWAYS[0], end=ALWAYS[1], properties=NAMES, limit=1_000))
    for device in "de"
]
changes = st.one_of(st.builds(writing, st.lists(readings(), max_size=6)), st.builds(deleting, devices, bounds, bounds))
questions = st.one_of(
    st.builds(asking_last, devices, chosen),
    queries.map(asking_range),
    st.builds(asking_oldest, devices, stamps, st.integers(1, 5)),
)


@given(rounds=st.lists(st.tuples(st.lists(changes, max_size=3), st.lists(questions, max_size=3)), max_size=8))
def test_the_engine_says_what_the_model_says(rounds):
    """Changes come without waiting in between, as a function makes them; questions when all of them are durable."""
    with tempfile.TemporaryDirectory() as folder, emulated_hot_store(Path(folder)) as emulated:
        model, memory = ModelHotStore(), HotStoreRig()
        for made, asked in rounds:
            for change in made:
                assert change(emulated.store) == change(memory.store) == change(model)
            emulated.settle()
            for question in [*asked, *EVERYTHING]:
                assert question(emulated.store) == question(memory.store) == question(model)
            assert emulated.table.count() == memory.store.count() == model.count()

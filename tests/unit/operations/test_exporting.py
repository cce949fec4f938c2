"""Exports over the real reader: what is in the files is what is in the store, whole or not there at all."""

import csv
import json
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from tests.rigs.clock import RigClock
from tests.rigs.hot_store import RigHotStore
from tests.rigs.invocation import RigInvocation
from tests.rigs.readings import readings
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.functions.storage.hot_reader import HotReader
from twin2multicloud.functions.storage.hot_reader_last_entry import HotReaderLastEntry
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations import exporting
from twin2multicloud.operations.exporting import Exported, export_readings, target_of
from twin2multicloud.operations.reading_files import Format
from twin2multicloud.operations.twin import ReadableTwin

ODD_TEXT = 'a "quoted"\nline; with, commas and ü'
PROPERTIES = {
    "temperature": DataType.DOUBLE,
    "count": DataType.LONG,
    "small": DataType.INTEGER,
    "state": DataType.STRING,
    "open": DataType.BOOLEAN,
}


def stamp(number: int) -> str:
    return f"2026-01-{1 + number // 86_400:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.007Z"


class StoredTwin(ReadableTwin):
    """Two rooms, `room-1` with readings, and the reader over their store."""

    def __init__(self, measured: list[dict[str, object]], types: dict[str, DataType] = PROPERTIES) -> None:
        self.types = types
        store = RigHotStore()
        store.write(readings({"device_id": "room-1", **each} for each in measured))
        self.measured, self.fails_after = measured, sys.maxsize
        parts = {"store": store, "catalog": self.catalog, "hierarchy": Hierarchy(), "clock": RigClock()}
        history = HotReader(**parts)

        def read(asked):
            self.fails_after -= 1
            if self.fails_after < 0:
                raise RetryableError("the cloud is dark")
            return history(asked)

        functions = {"hot-reader": read, "hot-reader-last-entry": HotReaderLastEntry(**parts)}
        self._readers = HotReaders(RigInvocation(functions))

    @property
    def catalog(self) -> DeviceCatalog:
        declared = tuple(Property(name=name, data_type=kind) for name, kind in self.types.items())
        return DeviceCatalog(
            types=(DeviceType(name="room", properties=declared),),
            groups=(DeviceGroup(name="rooms", type="room", count=2, id_pattern="room-{n}"),),
        )

    @property
    def readers(self) -> HotReaders:
        return self._readers

    @property
    def stored(self) -> list[tuple[str, str, object]]:
        """(time, property, value) of what was stored, in order."""
        found = []
        for each in self.measured:
            values = {name: value for name, value in each.items() if name not in ("timestamp", "message_id")}
            found += [(str(each["timestamp"]), name, value) for name, value in values.items()]
        return sorted(found, key=lambda row: row[:2])


@pytest.fixture
def twin() -> StoredTwin:
    return StoredTwin(
        [
            {"timestamp": stamp(0), "temperature": 21.0, "count": 2**53 + 1, "small": -1, "state": "", "open": True},
            {"timestamp": stamp(1), "temperature": 1e300, "count": -(2**63), "state": ODD_TEXT, "open": False},
            {"timestamp": stamp(2), "message_id": "a", "temperature": 0.1},
            {"timestamp": stamp(2), "message_id": "b", "temperature": 0.2, "battery": "21.5"},  # undeclared
            {"timestamp": stamp(3), "count": 2**63 - 1, "battery": 4},
        ]
    )


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def run(twin: StoredTwin, path: Path, *devices: str, form: Format | None = None, **between: str) -> Exported:
    *_, done = export_readings(twin, devices or tuple(twin.catalog.ids()), target_of(path, form), **between)
    return done


def of_parquet(path: Path) -> list[tuple[str, str, str, object]]:
    """Its rows, each of which fills one column of a value's type."""
    rows = []
    for row in parquet.read_table(path).to_pylist():
        filled = {name: row[name] for name in row if name.startswith("value_") and row[name] is not None}
        ((name, value),) = filled.items()
        assert (
            name == {float: "value_double", int: "value_long", str: "value_string", bool: "value_boolean"}[type(value)]
        )
        rows.append((row["device"], row["time"], row["property"], value))
    return rows


def in_order(rows: list[tuple[str, str, object]]) -> list[tuple[str, str, object]]:
    assert all(first[0] <= second[0] for first, second in pairwise(rows))
    return sorted(rows, key=lambda row: row[:2])


def test_parquet_has_every_value_with_its_type(twin, tmp_path):
    assert run(twin, tmp_path / "all.parquet") == Exported(devices=2, values=len(twin.stored))
    rows = of_parquet(tmp_path / "all.parquet")
    assert {device for device, *_ in rows} == {"room-1"}
    found = in_order([row[1:] for row in rows])
    assert found == [(to_datetime(time), name, value) for time, name, value in twin.stored]
    assert [type(each[2]) for each in found] == [type(each[2]) for each in twin.stored]
    schema = parquet.read_schema(tmp_path / "all.parquet")
    assert schema.field("time").type == pyarrow.timestamp("ms", tz="UTC")
    assert schema.names == [
        "device", "time", "property", "value_double", "value_long", "value_string", "value_boolean",
    ]  # fmt: skip


def test_csv_tells_types_apart(twin, tmp_path):
    run(twin, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    read = {"DOUBLE": float, "LONG": int, "STRING": str, "BOOLEAN": {"true": True, "false": False}.__getitem__}
    found = in_order([(row["time"], row["property"], read[row["type"]](row["value"])) for row in rows])
    assert found == twin.stored
    assert [*rows[0]] == ["device", "time", "property", "type", "value"]


def test_json_lines_are_the_values_as_they_are(twin, tmp_path):
    run(twin, tmp_path / "all.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_bytes().splitlines()]
    assert in_order([(row["time"], row["property"], row["value"]) for row in rows]) == twin.stored
    assert rows[0] == {"device": "room-1", "time": stamp(0), "property": "temperature", "value": 21.0}


def test_a_folder_has_a_file_of_each_device_with_the_same_columns(twin, tmp_path):
    folder = tmp_path / "new"
    assert run(twin, folder).devices == 2
    assert names_in(folder) == ["room-1.parquet", "room-2.parquet"]
    assert parquet.read_schema(folder / "room-1.parquet") == parquet.read_schema(folder / "room-2.parquet")
    assert parquet.read_table(folder).num_rows == len(twin.stored)
    (tmp_path / "empty").mkdir()
    run(twin, tmp_path / "empty", "room-2", form=Format.CSV)
    assert names_in(tmp_path / "empty") == ["room-2.csv"]
    assert names_in(tmp_path) == ["empty", "new"]


def test_an_interval_is_after_its_start_and_up_to_its_end(twin, tmp_path):
    run(twin, tmp_path / "some.jsonl", start=stamp(0), end=stamp(2))
    times = {json.loads(line)["time"] for line in (tmp_path / "some.jsonl").read_bytes().splitlines()}
    assert times == {stamp(1), stamp(2)}


def test_many_pages_and_more_properties_than_one_request_has(tmp_path, monkeypatch):
    many = [{"timestamp": stamp(n), **{f"p{column:03}": n * column for column in range(150)}} for n in range(300)]
    twin = StoredTwin(many, {f"p{column:03}": DataType.LONG for column in range(150)})
    monkeypatch.setattr(exporting, "GROUP_ROWS", 15_000)
    run(twin, tmp_path / "all.parquet", "room-1")
    found = [row[1:] for row in of_parquet(tmp_path / "all.parquet")]
    assert in_order(found) == [(to_datetime(time), *rest) for time, *rest in twin.stored]
    assert parquet.ParquetFile(tmp_path / "all.parquet").num_row_groups == 3  # 45,000 rows in steps of 10,000


@pytest.mark.parametrize("name", ["all.parquet", "all.csv", "folder"])
def test_one_that_does_not_end_leaves_nothing(twin, tmp_path, name):
    twin.fails_after = 1
    with pytest.raises(RetryableError, match="dark"):
        run(twin, tmp_path / name)
    stopped = export_readings(twin, ("room-1",), target_of(tmp_path / name, None))
    twin.fails_after = sys.maxsize
    next(stopped)
    assert len(names_in(tmp_path)) == 1
    stopped.close()
    assert names_in(tmp_path) == []


def test_a_file_is_replaced_when_the_new_one_is_whole(twin, tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("before")
    twin.fails_after = 1
    with pytest.raises(RetryableError):
        run(twin, path)
    assert path.read_text() == "before"
    twin.fails_after = sys.maxsize
    run(twin, path)
    assert path.read_text().startswith("device,time")


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        ("all.csv", Format.PARQUET, r"ends in \.csv, the format is parquet"),
        ("full", None, "full is not empty; name a new or an empty folder"),
        ("full/other.txt", None, "is a file whose name ends in none of"),
        ("absent/all.csv", None, "no such folder to write all.csv in"),
    ],
)
def test_a_target_that_does_not_fit_is_refused(tmp_path, name, form, sentence):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "other.txt").touch()
    with pytest.raises(ConfigurationError, match=sentence):
        target_of(tmp_path / name, form)


def test_what_the_twin_does_not_have_is_refused_before_anything_is_read(twin, tmp_path):
    twin.fails_after = 0
    with pytest.raises(ConfigurationError, match="no device 'room-7'"):
        run(twin, tmp_path / "all.csv", "room-1", "room-7")
    with pytest.raises(ConfigurationError, match="is after the end"):
        run(twin, tmp_path / "all.csv", start=stamp(2), end=stamp(1))
    assert names_in(tmp_path) == []


def test_files_of_odd_devices_are_seen_by_those_who_pass_over_hidden_ones():
    names = {device: exporting._file_name(device, Format.CSV) for device in ("a/b", "..", "_x", "ü")}
    assert names == {"a/b": "a%2Fb.csv", "..": "%2E..csv", "_x": "%5Fx.csv", "ü": "%C3%BC.csv"}


def test_without_pyarrow_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert target_of(tmp_path / "all.csv", None).form is Format.CSV
    with pytest.raises(ConfigurationError, match=r"pip install 'twin2multicloud\[parquet\]'"):
        target_of(tmp_path / "all.parquet", None)

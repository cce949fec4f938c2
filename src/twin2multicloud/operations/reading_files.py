"""Readings as files for analysts: Parquet, CSV, JSON lines. Owns their columns and types; asks nobody for readings.

A row is one value. Parquet has a column for each type of value, of which a row fills one, so that a file has the same
columns whatever the devices measure, and no value changes its type: a whole number keeps all of its 64 bits.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.operations.extras import require

GROUP_ROWS = 100_000
"""Rows that are written at once: of Parquet, a row group. About 60 MB while it is made."""


class Format(StrEnum):
    """How readings are written; also the ending of a file's name."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


class Row(NamedTuple):
    """One value of one device. `time` is a canonical stamp."""

    device: str
    time: str
    property: str
    value: Scalar


Write = Callable[[Sequence[Row]], None]
"""Appends rows to a file."""


def open_file(path: Path, form: Format) -> AbstractContextManager[Write]:
    """A new file, whole once the context ends. Raises ConfigurationError where Parquet is not installed, OSError."""
    return _OPENERS[form](path)


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    require("pyarrow")
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = pyarrow.schema(
        [
            pyarrow.field("device", pyarrow.string(), nullable=False),
            pyarrow.field("time", pyarrow.timestamp("ms", tz="UTC"), nullable=False),
            pyarrow.field("property", pyarrow.string(), nullable=False),
            pyarrow.field("value_double", pyarrow.float64()),
            pyarrow.field("value_long", pyarrow.int64()),
            pyarrow.field("value_string", pyarrow.string()),
            pyarrow.field("value_boolean", pyarrow.bool_()),
        ]
    )

    def write(rows: Sequence[Row]) -> None:
        devices, times, properties, values = zip(*rows, strict=True)
        columns: list[Any] = [devices, pyarrow.array(times).cast(schema.field("time").type), properties]
        columns += [[each if type(each) is kind else None for each in values] for kind in (float, int, str, bool)]
        arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        file.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

    with ParquetWriter(path, schema, compression="zstd") as file:
        yield write


_TYPES = {float: "DOUBLE", int: "LONG", str: "STRING", bool: "BOOLEAN"}


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("device", "time", "property", "type", "value"))

        def write(rows: Sequence[Row]) -> None:
            for device, time, name, value in rows:
                text = str(value).lower() if type(value) is bool else value
                writer.writerow((device, time, name, _TYPES[type(value)], text))

        yield write


@contextmanager
def _jsonl(path: Path) -> Iterator[Write]:
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        yield lambda rows: file.writelines(encode(row._asdict()) + b"\n" for row in rows)


_OPENERS = {Format.PARQUET: _parquet, Format.CSV: _csv, Format.JSONL: _jsonl}

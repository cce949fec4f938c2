"""Lines of separated values: by position the columns that the project names, by default all properties in order."""

import csv
from collections.abc import Iterator

from twin2multicloud.domain.device import Property
from twin2multicloud.domain.payload import Payload
from twin2multicloud.domain.telemetry import InvalidTelemetryError
from twin2multicloud.functions.payloads.frame import Frame

TIME = "time"


def frames(body: bytes, payload: Payload, now: str, properties: tuple[Property, ...]) -> Iterator[Frame]:
    """One frame per line; an empty cell is no value."""
    try:
        lines = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidTelemetryError(f"not UTF-8 at byte {error.start}") from error
    columns = payload.columns or tuple(one.name for one in properties)
    try:
        rows = list(csv.reader(lines, delimiter=payload.delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise InvalidTelemetryError(f"the line is no row of values: {error}") from error
    if not any(rows):
        raise InvalidTelemetryError(f"expected {', '.join(columns)}, found nothing")
    for number, row in enumerate(rows, 1):
        if len(row) == len(columns):
            cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True) if cell.strip()}
            yield Frame(cells.pop(TIME, None), cells, row)
        elif row:
            raise InvalidTelemetryError(
                f"line {number}: found {len(row)} values, expected {len(columns)}: {', '.join(columns)}"
            )

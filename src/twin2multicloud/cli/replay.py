"""t2mc replay: recorded telemetry into a running twin, and what became of it."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from twin2multicloud.cli.console import err, out, say_note
from twin2multicloud.cli.project_commands import FolderAsOption, FolderFirst
from twin2multicloud.cli.tables import comparison_table
from twin2multicloud.cli.telemetry_commands import show_publishing
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_deployment
from twin2multicloud.emulator.host.folder_lock import using
from twin2multicloud.fleet.recordings import Column, DeviceColumn, LeftOut, Mapping, read_mapping
from twin2multicloud.fleet.second_reading import differences
from twin2multicloud.operations.replaying import Arrived, look_for, open_recording, to_publish
from twin2multicloud.operations.twin_client import TwinClient

_SHOWN = 5  # of what is left out or differs


def replay(
    folder: FolderFirst,
    file: Annotated[Path, typer.Argument(help="Recorded telemetry, as CSV.", show_default=False)] = Path(),
    mapping: Annotated[Path | None, typer.Option(help="A mapping file of the columns.", exists=True)] = None,
    time: Annotated[
        list[str] | None,
        typer.Option("--time", help="The time column, by name or number; given twice: date and time of day."),
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="Form of the time, as in '%d.%m.%Y %H:%M:%S'; by default ISO 8601 or an epoch.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of times without an offset, as in Europe/Berlin; by default UTC.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="The device of all rows.")] = None,
    device_column: Annotated[str | None, typer.Option(help="The column that names the device.")] = None,
    device_pattern: Annotated[str, typer.Option(help="Pattern of the id around that column's value.")] = "{}",
    column: Annotated[
        list[str] | None, typer.Option("--map", help="PROPERTY=COLUMN; may be repeated.", metavar="PROPERTY=COLUMN")
    ] = None,
    header: Annotated[bool, typer.Option(help="Whether the first row names the columns.")] = True,
    delimiter: Annotated[str | None, typer.Option(help="Separator of cells, \\t or tab; by default found.")] = None,
    encoding: Annotated[str | None, typer.Option(help="As in cp1252; by default UTF-8, or as a mark says.")] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal mark, . or a comma; by default found.")] = None,
    speed: Annotated[
        float | None, typer.Option(help="Recorded seconds per second: 1 is the original pace.", min=0.001)
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Shift it: it ends now, or begins now at a speed up to 1.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="Only the first N rows.", min=1)] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Read the file a second way, and compare every value with the hot reader's."),
    ] = False,
    project: FolderAsOption = None,
) -> None:
    """Play recorded telemetry into a running twin; as fast as possible unless a speed is given.

    Exit code 1 where a cell was left out or a reading is not in the hot store.

    Example: t2mc replay examples/room-climate room.csv --mapping examples/room-climate/mappings/room-climate.json
    """
    deployment, file = _named(folder, file, project)
    of_device = DeviceColumn(id=device, column=device_column, pattern=device_pattern)
    how = read_mapping(mapping.read_bytes(), str(mapping)) if mapping else _mapping(time, of_device, column, header)
    how = _with_options(how, delimiter, encoding, decimal, time_format, time_zone)
    with using(deployment.state, "replay", say_note):
        _play(deployment, file, how, speed=speed, now=now, limit=limit, check=check)


def _play(
    deployment: LocalDeployment,
    file: Path,
    how: Mapping,
    *,
    speed: float | None,
    now: bool,
    limit: int | None,
    check: bool,
) -> None:
    """Publish a recording and say what became of it. Raises typer.Exit (1) where something is missing."""
    catalog = deployment.twin.catalog
    recording = open_recording(file, how, catalog, limit)
    for remark in recording.remarks:
        say_note(remark)
    rows = to_publish(recording, now=now, ends=speed is None or speed > 1)  # never ahead of the clock
    sent = show_publishing(deployment, rows, total=len(rows), speed=speed, title=f"replaying {file.name}")
    arrived = look_for(rows[:sent], TwinClient(deployment), catalog)
    misread = differences(recording, file.name, limit) if check else []
    if check:
        out.print(comparison_table(arrived.comparisons))
    _say_misread(misread, file.name)
    _say_left_out(recording.left_out, len(recording.readings) - len(rows))
    out.print(_summary(sent, arrived, len(recording.left_out)))
    unequal = check and not all(each.equal for each in arrived.comparisons)
    if recording.left_out or arrived.stored is None or arrived.lost or misread or unequal:
        raise typer.Exit(1)


def _named(folder: Path, file: Path, project: Path | None) -> tuple[LocalDeployment, Path]:
    """The running twin and the recording, wherever the folder stands."""
    if project is not None:
        folder, file = project, folder
    deployment = load_deployment(folder)
    if not file.is_file():
        raise ConfigurationError(f"the recording must be a CSV file, found {file}")
    return deployment, file


def _summary(sent: int, arrived: Arrived, left_out: int) -> str:
    stored = f"{arrived.stored:,} stored" if arrived.stored is not None else "stored: not known"
    if arrived.dark:
        stored += f" ({', '.join(arrived.dark)} does not answer)"
    elif arrived.lost:
        stored += f" ({arrived.lost:,} are not in the hot store; see t2mc status)"
    cells = f"{left_out:,} cell{'' if left_out == 1 else 's'} left out"
    return f"{sent:,} readings published and acknowledged, {stored}, {cells}"


def _say_left_out(cells: list[LeftOut], without_value: int) -> None:
    for each in cells[:_SHOWN]:
        err.print(f"left out: {each}", markup=False, soft_wrap=True)
    if len(cells) > _SHOWN:
        err.print(f"left out: {len(cells) - _SHOWN:,} more cells")
    if without_value:
        say_note(f"{without_value:,} rows without a value were not published")


def _say_misread(misreadings: list[str], name: str) -> None:
    for each in misreadings[:_SHOWN]:
        err.print(f"{name}, read a second way, {each}", markup=False, soft_wrap=True)
    if len(misreadings) > _SHOWN:
        err.print(f"{len(misreadings) - _SHOWN:,} more differences between the two readings")


def _mapping(time: list[str] | None, device: DeviceColumn, named: list[str] | None, header: bool) -> Mapping:
    """The mapping that the options of a command line are."""
    if not time or not named or (device.id is None and device.column is None):
        raise ConfigurationError(
            "no column mapping; give --mapping FILE, or --time, --map and one of --device and --device-column"
        )
    pairs = [each.partition("=") for each in named]
    if any(not name or not where for name, _, where in pairs):
        raise ConfigurationError(f"--map must be PROPERTY=COLUMN, found {' '.join(named)!r}")
    properties: dict[str, Column] = {name: where for name, _, where in pairs}
    return Mapping(time=tuple(time), device=device, properties=properties, header=header)


def _with_options(
    mapping: Mapping,
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    time_format: str | None,
    time_zone: str | None,
) -> Mapping:
    """The mapping with what the command line says of the file; what it does not say stays."""
    if decimal not in (None, ".", ","):
        raise ConfigurationError(f"--decimal must be . or a comma, found {decimal!r}")
    options = {
        "delimiter": delimiter,
        "encoding": encoding,
        "decimal": decimal,
        "time_format": time_format,
        "time_zone": time_zone,
    }
    return msgspec.structs.replace(mapping, **{key: value for key, value in options.items() if value is not None})

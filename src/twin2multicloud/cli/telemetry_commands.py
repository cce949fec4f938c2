"""t2mc simulate, replay, query: readings into a running twin, and out of it."""

import itertools
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import err, out, say_json
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.tables import comparison_table, history_table, latest_table
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import canonical, from_datetime
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_deployment
from twin2multicloud.fleet.recordings import Column, DeviceColumn, Mapping, read_mapping, readings, shift_to, shifted
from twin2multicloud.operations.checks import read_back
from twin2multicloud.operations.readings import live_readings, publish
from twin2multicloud.operations.twin import open_twin
from twin2multicloud.operations.twin_client import TwinClient

ProjectOption = Annotated[Path, typer.Option("--project", "-p", help="The project folder.", show_default="this folder")]


def simulate(
    project: ProjectOption = Path(),
    rate: Annotated[float, typer.Option(help="Readings a second, all devices together.", min=0.001)] = 10.0,
    count: Annotated[int | None, typer.Option(help="Stop after this many readings.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this many seconds.", min=0.1)] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only this device; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the signals; the same seed gives the same signals.")] = 1,
) -> None:
    """Play the project's devices: their signals, typed and plausible, over MQTT, until Ctrl-C or the count.

    Example: t2mc simulate -p examples/smart-home --rate 50 --count 1000
    """
    deployment = load_deployment(project)
    total = count if seconds is None else min(count or 1 << 62, max(1, round(rate * seconds)))
    source = live_readings(deployment, rate=rate, seed=seed, devices=device)
    sent = show_publishing(deployment, itertools.islice(source, total), total=total, speed=1.0, title="simulating")
    out.print(f"{sent:,} readings published and acknowledged")


def replay(
    file: Annotated[Path, typer.Argument(help="Recorded telemetry, as CSV.", exists=True, dir_okay=False)],
    project: ProjectOption = Path(),
    mapping: Annotated[Path | None, typer.Option(help="A mapping file of the columns.", exists=True)] = None,
    time_column: Annotated[str | None, typer.Option("--time", help="The time column: number or name.")] = None,
    device: Annotated[str | None, typer.Option(help="The device of all rows.")] = None,
    device_column: Annotated[str | None, typer.Option(help="The column that names the device.")] = None,
    device_pattern: Annotated[str, typer.Option(help="Pattern of the id around that column's value.")] = "{}",
    column: Annotated[
        list[str] | None, typer.Option("--map", help="PROPERTY=COLUMN; may be repeated.", metavar="PROPERTY=COLUMN")
    ] = None,
    header: Annotated[bool, typer.Option(help="Whether the first row names the columns.")] = True,
    delimiter: Annotated[str, typer.Option(help="Separator of cells.")] = ",",
    speed: Annotated[
        float | None, typer.Option(help="Recorded seconds per second: 1 is the original pace.", min=0.001)
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Shift the recording to the present.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only the first N rows.", min=1)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare what the hot reader returns, value by value.")
    ] = False,
) -> None:
    """Play recorded telemetry into a running twin; as fast as possible unless a speed is given.

    Example: t2mc replay room.csv -p examples/room-climate --mapping examples/room-climate/mappings/room-climate.json
    """
    deployment = load_deployment(project)
    if mapping is not None:
        how = read_mapping(mapping.read_bytes(), str(mapping))
    else:
        of_device = DeviceColumn(id=device, column=device_column, pattern=device_pattern)
        how = _mapping(time_column, of_device, column, header, delimiter)
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(itertools.islice(readings(lines, how, deployment.twin.catalog, str(file)), limit))
    if not rows:
        raise ConfigurationError(f"{file} holds no rows")
    if now:
        rows = list(shifted(rows, shift_to(rows, datetime.now(UTC), ends=speed is None)))
    sent = show_publishing(deployment, rows, total=len(rows), speed=speed, title=f"replaying {file.name}")
    out.print(f"{sent:,} readings published and acknowledged")
    if check:
        found = read_back(rows, TwinClient(deployment))
        out.print(comparison_table(found))
        if not all(each.equal for each in found):
            raise typer.Exit(1)


def query(
    device: Annotated[str, typer.Argument(help="The device.")],
    properties: Annotated[list[str] | None, typer.Argument(help="Its properties; by default all of its type.")] = None,
    project: ProjectOption = Path(),
    since: Annotated[str, typer.Option(help="Start: 15m, 1h, 7d, or a time.")] = "1h",
    until: Annotated[str | None, typer.Option(help="End; by default now.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of values, newest first.", min=1)] = 100,
    last: Annotated[bool, typer.Option("--last", help="Only the latest value of each property.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = (
        False
    ),
) -> None:
    """Query the hot reader, as a dashboard does.

    Example: t2mc query living-room temperature --since 15m -p examples/smart-home
    """
    twin, names = open_twin(project, deployed=deployed), properties or ()
    if last:
        latest = twin.latest(device, *names)
        shown = {name: {"time": stamp, "value": value} for name, (stamp, value) in latest.items()}
        say_json(shown) if as_json else out.print(latest_table(latest, device))
        return
    start, end = _instant(since), _instant(until) if until else from_datetime(datetime.now(UTC))
    series = twin.history(device, *names, since=start, until=end, limit=limit)
    listed = {name: [{"time": stamp, "value": value} for stamp, value in points] for name, points in series.items()}
    say_json(listed) if as_json else out.print(history_table(series, device))


def show_publishing(
    deployment: LocalDeployment, source: Iterable[Telemetry], *, total: int | None, speed: float | None, title: str
) -> int:
    """Publish readings, with a progress bar; returns how many. Ctrl-C ends it in order. Raises TwinError."""
    with progress_line(title, total) as update:
        return publish(
            deployment,
            source,
            speed=speed,
            sent=lambda count: update(completed=count),
            stopped=lambda: err.print("stopped"),
        )


def _mapping(time: str | None, device: DeviceColumn, named: list[str] | None, header: bool, delimiter: str) -> Mapping:
    """The mapping that the options of a command line are."""
    if time is None or not named or (device.id is None and device.column is None):
        raise ConfigurationError(
            "no column mapping; give --mapping FILE, or --time, --map and one of --device and --device-column"
        )
    pairs = [each.partition("=") for each in named]
    if any(not name or not where for name, _, where in pairs):
        raise ConfigurationError(f"--map must be PROPERTY=COLUMN, found {' '.join(named)!r}")
    properties: dict[str, Column] = {name: where for name, _, where in pairs}
    return Mapping(time=time, device=device, properties=properties, header=header, delimiter=delimiter)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _instant(text: str) -> str:
    ago = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if ago:
        return from_datetime(datetime.now(UTC) - timedelta(seconds=float(ago[1]) * _UNITS[ago[2]]))
    try:
        return canonical(text)
    except ValueError as error:
        raise ConfigurationError(f"a time must be ISO 8601 or a span such as 15m, 1h or 7d, found {text!r}") from error

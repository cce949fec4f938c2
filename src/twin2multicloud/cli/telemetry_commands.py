"""t2mc simulate, query: readings into a running twin, and out of it."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from twin2multicloud.cli.console import err, out, say_json, say_note
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.moments import instant
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import Folder, FolderAsOption, FolderFirst
from twin2multicloud.cli.tables import history_table, latest_table
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_deployment
from twin2multicloud.operations.readings import live_readings, publish
from twin2multicloud.operations.twin import OperatedTwin, open_twin, some_devices

Since = Annotated[str, typer.Option(help="Start: 15m, 1h, 7d, or a time.")]


def simulate(
    folder: Folder = Path(),
    rate: Annotated[float, typer.Option(help="Readings a second, all devices together.", min=0.001)] = 10.0,
    count: Annotated[int | None, typer.Option(help="Stop after this many readings.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this many seconds.", min=0.1)] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only this device; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the signals; the same seed gives the same signals.")] = 1,
    project: FolderAsOption = None,
) -> None:
    """Play the project's devices: their signals, typed and plausible, over MQTT, until Ctrl-C or the count.

    Example: t2mc simulate examples/smart-home --rate 50 --count 1000
    """
    deployment = load_deployment(project or folder)
    total = count if seconds is None else min(count or 1 << 62, max(1, round(rate * seconds)))
    source = live_readings(deployment, rate=rate, seed=seed, devices=device)
    sent = show_publishing(deployment, itertools.islice(source, total), total=total, speed=1.0, title="simulating")
    out.print(f"{sent:,} readings published and acknowledged")


def query(
    folder: FolderFirst,
    device: Annotated[str, typer.Argument(help="The device.", show_default=False)] = "",
    properties: Annotated[list[str] | None, typer.Argument(help="Its properties; by default all of its type.")] = None,
    since: Since = "1h",
    until: Annotated[str | None, typer.Option(help="End; by default now.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(help="Maximum number, newest first.  [default: 100 readings, 1,000 buckets]", min=1),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="One value for each bucket of this length: 90s, 5m, 1h, 1d.")
    ] = None,
    aggregate: Annotated[
        str | None, typer.Option(help="Of each bucket: min, max, mean, last or count.  [default: mean]")
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Only the latest value of each property.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    deployed: Annotated[bool, typer.Option("--deployed", help="Use the deployed twin, not the emulated one.")] = (
        False
    ),
    project: FolderAsOption = None,
) -> None:
    """Query the hot reader, as a dashboard does.

    Example: t2mc query examples/smart-home living-room-climate temperature --since 15m

    Example: t2mc query examples/smart-home living-room-climate --since 365d --every 1d --aggregate max
    """
    names = [each for each in (device, *(properties or ())) if each]
    if project is not None:
        folder, names = project, [str(folder), *names]
    elif not names and not folder.exists():
        raise ConfigurationError(f"{folder}: no such folder; the folder comes first (. for this one), then the device")
    twin = open_twin(folder, deployed=deployed)
    if not names:
        raise ConfigurationError(f"no device; give one of {some_devices(twin.catalog)}")
    if last and (every or aggregate):
        raise ConfigurationError("--last is of single readings, --every and --aggregate are of many; leave one out")
    try:
        if last:
            _answer_latest(twin, *names, as_json=as_json, as_csv=as_csv)
        else:
            asked = _Asked(since, until, limit or (1_000 if every else 100), every, aggregate)
            _answer(twin, *names, asked=asked, as_json=as_json, as_csv=as_csv)
    except FinalError as error:  # the reader refuses what was asked
        raise ConfigurationError(str(error)) from error


class _Asked(NamedTuple):
    """Of which time, how many, and in which buckets."""

    since: str
    until: str | None
    limit: int
    every: str | None
    aggregate: str | None


def _answer_latest(twin: OperatedTwin, device: str, *properties: str, as_json: bool, as_csv: bool) -> None:
    latest = twin.latest(device, *properties)
    foreign = _undeclared(twin, device, () if properties else latest)
    shown = {
        name: {"time": stamp, "value": value, **({"undeclared": True} if name in foreign else {})}
        for name, (stamp, value) in latest.items()
    }
    if as_json:
        say_json(shown)
    else:
        say_table(latest_table(latest, device, frozenset() if as_csv else foreign), as_csv=as_csv)


def _answer(twin: OperatedTwin, device: str, *properties: str, asked: _Asked, as_json: bool, as_csv: bool) -> None:
    now, limit = twin.now, asked.limit
    start, end = instant(asked.since, now), instant(asked.until, now) if asked.until else now
    archived: set[str] = set()
    series = twin.history(
        device,
        *properties,
        since=start,
        until=end,
        limit=limit,
        every=asked.every,
        aggregate=asked.aggregate,
        archived=archived,
    )
    listed = {name: [{"time": stamp, "value": value} for stamp, value in points] for name, points in series.items()}
    count = len({stamp for points in series.values() for stamp, _ in points})
    if as_json:
        say_json(listed)
    elif as_csv:
        say_table(history_table(series, device), as_csv=True)
    elif count:
        title = f"{device}, {asked.aggregate or 'mean'} of each {asked.every}" if asked.every else device
        out.print(history_table(series, title, _undeclared(twin, device, () if properties else series)))
    if not count:
        stamps = [stamp for stamp, _ in twin.latest(device, *properties).values() if stamp is not None]
        newest = f"the latest is of {max(stamps)}" if stamps else "there is none at all"
        say_note(f"no reading of {device} from {start} to {end}; {newest}")
    elif count == limit:
        say_note(f"the newest {limit:,} {'buckets' if asked.every else 'readings'}; --limit gives more")
    if archived:
        chunks = f"{len(archived)} chunk{'' if len(archived) == 1 else 's'}, from {min(archived)} on"
        say_note(f"not all: archived readings have to be restored first ({chunks})")


def _undeclared(twin: OperatedTwin, device: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that the device's type does not declare."""
    device_type = twin.catalog.type_of(device)
    return frozenset(name for name in names if device_type is None or device_type.property(name) is None)


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

"""t2mc devices: who may connect to a deployed twin, and with what. Asks before it takes anything away.

Keys go into files and nowhere else: nothing here prints one. `deploy` borrows from here what it needs to ask.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from twin2multicloud.cli.console import err, out, say_json
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.device_files import DeviceFiles, files_of
from twin2multicloud.operations.device_registration import Gateway
from twin2multicloud.operations.local_devices import LocalTwin
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.project.places import did_you_mean, quoted
from twin2multicloud.terraform.engine import environment
from twin2multicloud.terraform.rollout import deployed_outputs

devices_app = typer.Typer(
    add_completion=False,
    help="Who may connect to a deployed twin: register devices, list them, take them away.",
    no_args_is_help=True,
)
Devices = Annotated[
    list[str] | None, typer.Option("--device", help="Only this device; may be repeated.", show_default="all of them")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Local = Annotated[bool, typer.Option("--local", help="Of the twin that t2mc up runs here, not of the deployed one.")]


@devices_app.command("register")
def register_devices(
    folder: Folder = Path(),
    device: Devices = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="New credentials for the named devices; the old ones are worthless then.")
    ] = False,
    local: Local = False,
) -> None:
    """Let devices connect; their credentials go to the project's .t2mc/devices, a folder each.

    With --local, for a named device: what a client of your own connects to the running twin with.

    Example: t2mc devices register examples/smart-home
    """
    if renew and not device:
        raise ConfigurationError("--renew takes the credentials of devices in use away: say which, with --device")
    project = load_project(folder)
    running = _running(project) if local else None
    chosen = _chosen(running.catalog if running else project.twin.catalog, device)
    gateway, files = _work_on(project, running)
    carry_out = registration.renew if renew else registration.register
    with _watching("registering", len(chosen)) as tell:
        count = carry_out(gateway, files, chosen, tell)
    before = len(chosen) - count
    out.print(f"[green]registered[/] {count:,}" + (f", {before:,} before" if before else ""))
    if count or (local and device):
        out.print(f"credentials: {escape(str(files.root))}", soft_wrap=True)
    if running:
        _say_how(running, chosen if device else ())
        return
    lost = [each for each in chosen if not files.has(each)]
    if lost:
        err.print(
            f"[yellow]note:[/] {_some(lost)}: registered before, and no files here. Where they are lost, "
            "`t2mc devices register --renew --device …` makes new ones",
            soft_wrap=True,
        )


@devices_app.command("list")
def list_devices(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    local: Local = False,
) -> None:
    """Say which devices may connect, and whose files are here.

    Example: t2mc devices list examples/smart-home --json
    """
    project = load_project(folder)
    running = _running(project) if local else None
    gateway, files = _work_on(project, running)
    found = list(registration.standings(gateway, files, running.catalog if running else project.twin.catalog))
    if as_json:
        say_json(found)
        return
    table = Table(box=None, header_style="dim")
    for column in ("device", "may connect", "files", ""):
        table.add_column(column)
    for each in found:
        where = escape(files.folder(each.device_id).name) if each.has_files else ""
        remark = "" if each.in_project else "[yellow]not in the project[/]"
        table.add_row(escape(each.device_id), "[green]yes[/]" if each.registered else "no", where, remark)
    out.print(table)
    count = sum(each.registered for each in found)
    out.print(f"{count:,} of {len(found):,} devices may connect to {_whose(gateway, running)}")
    if any(each.has_files for each in found):
        out.print(f"files: {escape(str(files.root))}", soft_wrap=True)


@devices_app.command("remove")
def remove_devices(folder: Folder = Path(), device: Devices = None, yes: Yes = False, local: Local = False) -> None:
    """Take devices' registrations away, and their files here.

    Example: t2mc devices remove examples/smart-home --device boiler-1
    """
    project = load_project(folder)
    running = _running(project) if local else None
    gateway, files = _work_on(project, running)
    chosen = list(gateway.registry.registered())
    known = set(chosen)
    if device:
        catalog = running.catalog if running else project.twin.catalog
        chosen = [each for each in dict.fromkeys(device) if each in known or _chosen(catalog, [each])]
    if not chosen:
        out.print("no device is registered")
        return
    out.print(f"{_some(chosen)}: the credentials in use will be refused by {_whose(gateway, running)}", soft_wrap=True)
    if not yes:
        ask()
    with _watching("removing", len(chosen)) as tell:
        registration.remove(gateway, files, chosen, tell)
    absent = sum(each not in known for each in chosen)  # or so new that the registry's list has it not yet
    out.print(f"[green]removed[/] {len(chosen) - absent:,}" + (f", {absent:,} not registered" if absent else ""))


def ask() -> None:
    """Go on only if somebody says so. Raises ConfigurationError where nobody is there."""
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody is there to be asked; say --yes to go ahead")
    typer.confirm("Go ahead?", abort=True)


def _work_on(project: Project, running: LocalTwin | None) -> tuple[Gateway, DeviceFiles]:
    """Which registry a command works on, and where the credentials are that it gave."""
    if running:
        return running.gateway, running.files
    return _gateway(project), files_of(project.folder)


def _running(project: Project) -> LocalTwin:
    """The twin on this machine, as it came up; says where that is not what one may take it for."""
    running = LocalTwin(project.folder)
    if not running.is_up:
        err.print(
            f"[yellow]note:[/] the twin is not up; `t2mc up {escape(str(project.folder))}` starts it", soft_wrap=True
        )
    elif not running.describes(project):
        err.print(
            "[yellow]note:[/] the project has changed since the twin came up, and this is about the twin; "
            f"`t2mc down {escape(str(project.folder))}` and then `t2mc up` take the changes in",
            soft_wrap=True,
        )
    return running


def _whose(gateway: Gateway, running: LocalTwin | None) -> str:
    """The cloud, and not the real one where it is ours."""
    return f"the {label_of(gateway.cloud)} of this machine" if running else label_of(gateway.cloud)


def _say_how(running: LocalTwin, device_ids: Sequence[str]) -> None:
    """Write down what named devices sign in with, and how the first of them publishes."""
    running.write_files(device_ids)
    for line in running.examples(device_ids[0]) if device_ids else ():
        out.print(escape(line), soft_wrap=True, highlight=False)
    if not device_ids:
        out.print("[dim]--device says what a client of your own connects with[/]")


def _gateway(project: Project) -> Gateway:
    """The gateway of the project as it is deployed."""
    return registration.deployed_gateway(project.twin, deployed_outputs(project, environment()))


def _chosen(catalog: DeviceCatalog, device: Sequence[str] | None) -> list[str]:
    """The devices that were named, or all. Raises ConfigurationError for one that is not there."""
    for each in device or ():
        if catalog.find(each) is None:
            hint = did_you_mean(each, catalog.ids()) or "config_iot_devices.json has them all"
            raise ConfigurationError(f"--device {quoted(each)}: no such device in the twin; {hint}")
    return list(dict.fromkeys(device)) if device else list(catalog.ids())


def _some(ids: Sequence[str]) -> str:
    """``3 devices (a, b, c)``, and not more than three of them."""
    more = ", …" if len(ids) > 3 else ""
    return f"{len(ids):,} device{'s' if len(ids) != 1 else ''} ({', '.join(ids[:3])}{more})"


@contextmanager
def _watching(doing: str, total: int) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        task = bar.add_task(doing, total=total)

        def tell(_: Progress) -> None:
            bar.advance(task)

        yield tell

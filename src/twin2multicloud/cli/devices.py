"""t2mc devices: the devices of a deployed twin and their credentials. Asks before it removes anything.

Keys go into files and nowhere else: nothing here prints one. `deploy` borrows from here what it needs to ask.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import err, make_table, out, say_json
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.progress import phase
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.twin import OperatedTwin, open_twin
from twin2multicloud.project.places import did_you_mean, quoted

devices_app = typer.Typer(
    add_completion=False,
    help="Devices of a deployed twin: register, list and remove them.",
    no_args_is_help=True,
)
Devices = Annotated[
    list[str] | None, typer.Option("--device", help="Only this device; may be repeated.", show_default="all of them")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Local = Annotated[bool, typer.Option("--local", help="Use the emulated twin (t2mc up), not the deployed one.")]


@devices_app.command("register")
def register_devices(
    folder: Folder = Path(),
    device: Devices = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Create new credentials for the named devices and invalidate the old ones.")
    ] = False,
    local: Local = False,
) -> None:
    """Register devices and write their credentials to the project's .t2mc/devices, a folder each.

    With --local, for a named device: what a client of your own connects to the running twin with.

    Example: t2mc devices register examples/smart-home
    """
    if renew and not device:
        raise ConfigurationError("--renew invalidates credentials in use: name the devices with --device")
    twin = _open(folder, local)
    chosen = _chosen(twin.catalog, device)
    carry_out = registration.renew if renew else registration.register
    with phase("registering", len(chosen)) as report:
        count = carry_out(twin.gateway, twin.files, chosen, report)
    before = len(chosen) - count
    out.print(f"[green]registered[/] {count:,}" + (f", {before:,} before" if before else ""))
    lines = twin.explain_sign_in(chosen if device else ())
    if count or lines:
        out.print(f"credentials: {escape(str(twin.files.root))}", soft_wrap=True)
    for line in lines:
        out.print(escape(line), soft_wrap=True, highlight=False)
    if local and not device:
        out.print("[dim]--device shows the settings for your own client[/]")
    elif lost := [each for each in chosen if not twin.files.has(each)]:
        err.print(
            f"[yellow]note:[/] {_some(lost)}: registered before, but their files are not here. If they are lost, "
            "`t2mc devices register --renew --device …` makes new ones",
            soft_wrap=True,
        )


@devices_app.command("list")
def list_devices(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    local: Local = False,
) -> None:
    """List the devices that may connect, and those with local credentials.

    Example: t2mc devices list examples/smart-home --json
    """
    twin = _open(folder, local)
    standings = list(registration.standings(twin.gateway, twin.files, twin.catalog))
    if as_json:
        say_json(standings)
        return
    table = make_table("", "device", "may connect", "files", "")
    for each in standings:
        where = escape(twin.files.folder(each.device_id).name) if each.has_files else ""
        remark = "" if each.in_project else "[yellow]not in the project[/]"
        table.add_row(escape(each.device_id), "[green]yes[/]" if each.registered else "no", where, remark)
    say_table(table, as_csv=as_csv)
    if as_csv:
        return
    count = sum(each.registered for each in standings)
    out.print(f"{count:,} of {len(standings):,} devices may connect to {twin.gateway_label}")
    if any(each.has_files for each in standings):
        out.print(f"files: {escape(str(twin.files.root))}", soft_wrap=True)


@devices_app.command("remove")
def remove_devices(folder: Folder = Path(), device: Devices = None, yes: Yes = False, local: Local = False) -> None:
    """Remove the registrations and local credentials of devices.

    Example: t2mc devices remove examples/smart-home --device boiler-1
    """
    twin = _open(folder, local)
    gateway = twin.gateway
    chosen = list(gateway.registry.registered())
    known = set(chosen)
    if device:
        chosen = [each for each in dict.fromkeys(device) if each in known or _chosen(twin.catalog, [each])]
    if not chosen:
        out.print("no device is registered")
        return
    out.print(f"{_some(chosen)}: the credentials in use will be refused by {twin.gateway_label}", soft_wrap=True)
    if not yes:
        ask()
    with phase("removing", len(chosen)) as report:
        registration.remove(gateway, twin.files, chosen, report)
    absent = sum(each not in known for each in chosen)  # or so new that the registry's list has it not yet
    out.print(f"[green]removed[/] {len(chosen) - absent:,}" + (f", {absent:,} not registered" if absent else ""))


def ask() -> None:
    """Ask for confirmation. Raises ConfigurationError where there is no terminal."""
    if not sys.stdin.isatty():
        raise ConfigurationError("cannot prompt for confirmation (no terminal); pass --yes")
    typer.confirm("Continue?", abort=True)


def _open(folder: Path, local: bool) -> OperatedTwin:
    """The twin that a command works on; prints a note where it is not the expected one."""
    twin = open_twin(folder, deployed=not local)
    for note in twin.notes:
        err.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True)
    return twin


def _chosen(catalog: DeviceCatalog, device: Sequence[str] | None) -> list[str]:
    """The named devices, or all. Raises ConfigurationError for an unknown one."""
    for each in device or ():
        if catalog.find(each) is None:
            hint = did_you_mean(each, catalog.ids()) or "config_iot_devices.json has them all"
            raise ConfigurationError(f"--device {quoted(each)}: no such device in the twin; {hint}")
    return list(dict.fromkeys(device)) if device else list(catalog.ids())


def _some(ids: Sequence[str]) -> str:
    """``3 devices (a, b, c)``, and not more than three of them."""
    more = ", …" if len(ids) > 3 else ""
    return f"{len(ids):,} device{'s' if len(ids) != 1 else ''} ({', '.join(ids[:3])}{more})"

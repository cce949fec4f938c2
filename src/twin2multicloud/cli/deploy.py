"""t2mc deploy, destroy, outputs: a twin on real clouds, through OpenTofu or Terraform. Asks before it acts."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.devices import Yes, ask
from twin2multicloud.cli.progress import phase
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.code_update import code_updates, update_code
from twin2multicloud.operations.current_bundles import require_current_bundles
from twin2multicloud.operations.deployment import Planned, carry_out, look
from twin2multicloud.operations.deployment import drift as find_drift
from twin2multicloud.operations.plan_costs import cost_of
from twin2multicloud.operations.rotation import rotate as rotate_token
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.project.places import typed
from twin2multicloud.terraform.engine import Changes, environment
from twin2multicloud.terraform.render.render import BACKENDS, Backend
from twin2multicloud.terraform.render.scope import covered
from twin2multicloud.terraform.rollout import Options, Rollout, chosen, deployed, deployed_outputs, known_options

_MARKS = {"create": "[green]+[/]", "update": "[yellow]~[/]", "delete": "[red]-[/]"}


def deploy(
    folder: Folder = Path(),
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Print what would change, and change nothing.")
    ] = False,
    yes: Yes = False,
    var: Annotated[
        list[str] | None, typer.Option(help="name=value: aws_region, azure_location, gcp_project, gcp_region …")
    ] = None,
    functions: Annotated[
        list[str] | None,
        typer.Option(help="Bring changed code to this function (persister, azure/persister, or all), and do no more."),
    ] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="With --functions: let them run the archive before.")
    ] = False,
    slot: Annotated[
        str | None, typer.Option(help="One layer, and what it needs: L1, L2, L3-hot, L3-cold, L3-archive, L4.")
    ] = None,
    bundles: Annotated[
        Path | None, typer.Option(help="Folder of the archives.", show_default="the project's .t2mc/bundles")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help=f"State backend: {', '.join(BACKENDS)}.", show_default="local")
    ] = None,
    state_setting: Annotated[list[str] | None, typer.Option(help="name=value of that backend, e.g. bucket=…")] = None,
) -> None:
    """Put a twin's L1, L2 and L3 on the clouds of its placement. Credentials are those of the providers.

    Example: t2mc deploy examples/smart-home --plan-only
    """
    project = load_project(folder)
    if functions:
        _update(deployed(project), functions, back=roll_back, plan_only=plan_only, yes=yes)
        return
    if roll_back:
        raise ConfigurationError("--roll-back goes with --functions")
    say_notes(project)
    rollout = chosen(project, pairs("--var", var), bundles, _backend(folder, state, state_setting))
    require_current_bundles(rollout)
    gaps = covered(rollout.topology).left_out
    say_note(f"planned, but not deployed yet: {', '.join(gaps)}")
    only = None if slot is None else _slot(slot)
    if plan_only:
        _say_planned(look(rollout, destroy=False, phase=phase, slot=only), rollout, destroy=False, slot=only)
        return
    _carry_out(rollout, destroy=False, yes=yes, slot=only)


def drift(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what somebody else than t2mc changed since it was deployed. Exit code 1 if anything differs.

    Changes nothing: `t2mc deploy` puts it back. Example: t2mc drift examples/smart-home
    """
    found = find_drift(deployed(load_project(folder)), phase)
    if as_json:
        say_json(found)
    else:
        for address, action in sorted(found.items()):
            out.print(f"  {_MARKS.get(action, '[magenta]±[/]')} {address}", highlight=False, soft_wrap=True)
        out.print(f"{len(found):,} differ from what was deployed" if found else "all is as it was deployed")
    if found:
        raise typer.Exit(1)


def destroy(folder: Folder = Path(), yes: Yes = False) -> None:
    """Remove everything that deploy made, data included.

    Example: t2mc destroy examples/smart-home
    """
    _carry_out(deployed(load_project(folder)), destroy=True, yes=yes)


def rotate(folder: Folder = Path(), yes: Yes = False) -> None:
    """Replace the token between clouds; both are valid meanwhile, so nothing is refused.

    It takes some 15 minutes. Interrupted, it goes on where it was. Example: t2mc rotate examples/smart-home
    """
    project = load_project(folder)
    require_current_bundles(deployed(project))

    def consent(planned: Planned) -> bool:
        _say_changes(planned.changes)
        if not yes:
            ask()
        return True

    if rotate_token(project, phase, consent, time.sleep):
        out.print("[green]rotated[/]: the token before is valid nowhere")


def outputs(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print the addresses of a deployment: endpoints, device hosts, stores.

    Example: t2mc outputs examples/smart-home --json
    """
    addresses = deployed_outputs(load_project(folder), environment())
    if as_json:
        say_json(addresses)
        return
    if not addresses:
        raise TwinError(f"nothing is deployed from {folder}; run `t2mc deploy {typed(folder)}` first")
    table = Table(box=None, show_header=False)
    for name, value in sorted(addresses.items()):
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for part, text in rows:
            table.add_row(f"{name} {part}".strip(), str(text))
    out.print(table)


def _update(rollout: Rollout, names: list[str], *, back: bool, plan_only: bool, yes: bool) -> None:
    """Bring changed code to functions, without the engine but for the addresses."""
    if not back:
        require_current_bundles(rollout)
    addresses = deployed_outputs(rollout.project, environment())
    updates = code_updates(rollout, addresses, names, back=back)
    for each in updates:
        digests = f"{each.stood[:12] or 'unknown'} -> {each.stands[:12]}"
        out.print(f"  {_MARKS['update']} code of {each.name}: {digests}", highlight=False, soft_wrap=True)
    if not updates:
        out.print("the functions run the project's archives")
        return
    if plan_only:
        return
    if not yes:
        ask()
    with phase("publishing", len(updates)) as report:
        update_code(updates, rollout, addresses, report)
    out.print(f"[green]{len(updates)} updated[/]")


def _slot(text: str) -> Slot:
    try:
        return Slot.parse(text)
    except ValueError:
        names = [each.value for each in Slot]
        raise ConfigurationError(f"--slot {text}: expected one of {', '.join(names)}{hint(text, names)}") from None


def _carry_out(rollout: Rollout, *, destroy: bool, yes: bool, slot: Slot | None = None) -> None:
    """Show the plan, ask for confirmation, and print what was done."""

    def consent(planned: Planned) -> bool:
        _say_planned(planned, rollout, destroy=destroy, slot=slot)
        if planned and not yes:
            ask()
        return True

    done = carry_out(rollout, destroy=destroy, phase=phase, consent=consent, slot=slot)
    if done is None:
        return
    if done.changes or done.code or done.twins:
        out.print("[green]removed[/]" if destroy else "[green]deployed[/]: `t2mc outputs` lists the addresses")
    if not destroy:
        _say_unregistered(rollout.project, done.outputs)


def _say_cost(rollout: Rollout, *, destroy: bool) -> None:
    """What the plan adds to the month's bill. A price that is missing does not stop a deployment."""
    try:
        cost = cost_of(rollout, destroy=destroy)
    except ConfigurationError as error:
        say_note(f"what it costs could not be said: {error}")
        return
    if cost.difference is None:
        out.print(f"about ${cost.after:,.2f} a month in all", highlight=False)
    else:
        sign = "-" if cost.difference < 0 else "+"
        out.print(f"{sign} ${abs(cost.difference):,.2f} a month", highlight=False)
    if not destroy:
        out.print(f"  [dim]{cost.workload}; ${cost.at_rest:,.2f} at rest[/]", highlight=False, soft_wrap=True)


def _say_planned(planned: Planned, rollout: Rollout, *, destroy: bool, slot: Slot | None = None) -> None:
    _say_changes(planned.changes)
    if planned.changes and slot is None:
        _say_cost(rollout, destroy=destroy)
    _say_registrations(planned)
    for name in planned.code:
        out.print(f"  {_MARKS['update']} code of {name}", highlight=False, soft_wrap=True)
    for name in planned.opens:
        out.print(f"  {_MARKS['update']} {name} is open to the network", highlight=False, soft_wrap=True)
    if planned.twins:
        out.print(f"  {_MARKS['update']} models and twins of the twin service", highlight=False, soft_wrap=True)


def _say_changes(changes: Changes) -> None:
    for address, action in sorted(changes.addresses.items()):
        out.print(f"  {_MARKS.get(action, '[magenta]±[/]')} {address}", highlight=False, soft_wrap=True)
    out.print(f"{changes.add} to add, {changes.change} to change, {changes.remove} to remove")


def _say_registrations(planned: Planned) -> None:
    """What a plan changes for devices, which the engine does not know."""
    left, in_the_way = planned.left, planned.registrations
    if left is None:
        return
    first = f"; {in_the_way:,} registrations are removed first" if in_the_way else ""
    out.print(
        f"  {_MARKS['delete']} devices can no longer connect to {label_of(left)}; local credentials are removed{first}",
        highlight=False,
        soft_wrap=True,
    )


def _say_unregistered(project: Project, outputs: Mapping[str, Any]) -> None:
    """How many devices cannot connect yet. A failed look-up does not fail the deployment."""
    twin, command = project.twin, f"`t2mc devices register {typed(project.folder)}`"
    try:
        gateway = registration.deployed_gateway(twin, outputs)
        missing = registration.count_unregistered(gateway, twin.catalog)
    except TwinError as error:
        say_note(f"which devices may connect could not be seen: {error}")
        return
    if missing:
        are = "device is" if missing == 1 else "devices are"
        out.print(f"{missing:,} {are} not registered yet: {command} lets them connect", soft_wrap=True)


def _backend(folder: Path, kind: str | None, settings: list[str] | None) -> Backend | None:
    """The state backend given; settings are added to those of the previous one. None where neither is given."""
    if kind is None and settings is None:
        return None
    before, given = (known_options(folder) or Options()).backend, pairs("--state-setting", settings)
    if kind not in (None, before.kind):
        return Backend(kind or "", given)
    return Backend(before.kind, {**before.settings, **given})


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Options of the form name=value. Raises ConfigurationError for one that is not."""
    found = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name or not value:
            raise ConfigurationError(f"{option} must be name=value; found {each!r}")
        found[name] = value
    return found

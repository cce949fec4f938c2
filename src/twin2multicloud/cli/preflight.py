"""t2mc preflight: whether a deployment can go well, before it begins; and the policy that a deployer needs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.deploy import pairs
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.operations.preflight import Looked, policies
from twin2multicloud.operations.preflight import preflight as look
from twin2multicloud.planning.clouds import known_cloud, label_of
from twin2multicloud.project.loader import load_project
from twin2multicloud.terraform.rollout import Rollout, chosen


def preflight(
    folder: Folder = Path(),
    var: Annotated[list[str] | None, typer.Option(help="name=value, as for t2mc deploy.")] = None,
    emit_policy: Annotated[
        bool, typer.Option("--emit-policy", help="Print what a deployer has to be allowed, as JSON; asks no account.")
    ] = False,
    cloud: Annotated[
        str | None, typer.Option(help="With --emit-policy: of this cloud alone, for its own tool.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Look at the accounts of the clouds in use: sign-in, permissions, services, quotas, names, policies.

    Changes nothing. Exit code 1 where a deployment would fail. Example: t2mc preflight examples/smart-home
    """
    project = load_project(folder)
    rollout = chosen(project, pairs("--var", var))
    if emit_policy:
        _emit(rollout, cloud)
        return
    if cloud is not None:
        raise ConfigurationError("--cloud goes with --emit-policy")
    say_notes(project)
    seen: list[Looked] = []
    for each in look(rollout):
        seen.append(each)
        if not as_json:
            _say(each)
    if as_json:
        say_json(seen)
    if any(each.problem and each.certain for each in seen):
        raise typer.Exit(1)


def _emit(rollout: Rollout, cloud: str | None) -> None:
    found = policies(rollout)
    if cloud is None:
        say_json(found)
        return
    wanted = known_cloud(cloud)
    if wanted not in found:
        raise ConfigurationError(f"nothing is deployed to {label_of(wanted)}; expected one of {', '.join(found)}")
    say_json(found[wanted])


def _say(each: Looked) -> None:
    what = f"{label_of(each.cloud)}: {escape(each.what)}"
    if not each.problem:
        out.print(f"[green]✓[/] {what}", soft_wrap=True)
    elif each.certain:
        out.print(f"[bold red]✗[/] {what}: {escape(each.problem)}", soft_wrap=True)
        out.print(f"  [dim]{escape(each.remedy)}[/]", soft_wrap=True)
    else:
        say_note(f"{label_of(each.cloud)}: {each.problem}; {each.remedy}")

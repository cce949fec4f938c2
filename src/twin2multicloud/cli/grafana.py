"""t2mc grafana: the twin's dashboards for Grafana."""

import os
import random
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import make_table, out, say_error, say_note
from twin2multicloud.cli.project_commands import FolderFirst
from twin2multicloud.dashboards.provisioning import Provisioning
from twin2multicloud.operations.grafana import deployed_urls, local_urls, prepared, write
from twin2multicloud.operations.grafana_push import GrafanaApi
from twin2multicloud.project.loader import load_project
from twin2multicloud.wire.http_transport import HttpTransport

grafana_app = typer.Typer(add_completion=False, help="Dashboards of the twin for Grafana.", no_args_is_help=True)


@grafana_app.callback()
def group() -> None:
    """Dashboards of the twin for Grafana."""


@grafana_app.command("export")
def export(
    folder: FolderFirst,
    target: Annotated[Path, typer.Argument(help="The folder to write; new, empty, or an earlier export.")],
    deployed: Annotated[bool, typer.Option("--deployed", help="With the URLs of the deployed twin.")] = False,
    local: Annotated[bool, typer.Option("--local", help="With the URLs of the twin on this machine.")] = False,
) -> None:
    """Write a provisioning folder: data sources, dashboards and alert rules, for the project's placement.

    Mount it as /etc/grafana/provisioning. Without --deployed or --local, Grafana takes URLs from its environment. No
    secret is written: Grafana takes it from its environment too.

    Example: t2mc grafana export examples/smart-home grafana --local
    """
    made = _prepared(folder, deployed=deployed, local=local)
    write(made, target)
    alerts = sum(len(each["rules"]) for each in made.alerts)
    what = f"{len(made.sources)} data sources, {len(made.dashboards)} dashboards, {alerts} alert rules"
    out.print(f"{escape(str(target))}: {what}", soft_wrap=True)
    out.print(f"plugins: {', '.join(made.plugins)}", soft_wrap=True)
    if made.variables:
        out.print(f"Grafana's environment needs: {', '.join(made.variables)}", soft_wrap=True)
    for gap in made.gaps:
        say_note(gap)


@grafana_app.command("push")
def push(
    folder: FolderFirst,
    url: Annotated[str, typer.Argument(help="Grafana's URL.")],
    deployed: Annotated[bool, typer.Option("--deployed", help="With the URLs of the deployed twin.")] = False,
    local: Annotated[bool, typer.Option("--local", help="With the URLs of the twin on this machine.")] = False,
) -> None:
    """Put data sources and dashboards into a running Grafana, and say what became of each.

    GRAFANA_TOKEN is the token of a service account with the role Admin; what the data sources need is in the
    environment too, as `export` lists it. Exit code 1 if one of them failed.

    Example: GRAFANA_TOKEN=... t2mc grafana push examples/smart-home http://127.0.0.1:3000 --local
    """
    token = os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        say_error("GRAFANA_TOKEN is not in the environment; set it to the token of a service account")
        raise typer.Exit(2)
    made = _prepared(folder, deployed=deployed, local=local)
    transport = HttpTransport()
    try:
        grafana = GrafanaApi(url, token, transport=transport, sleep=time.sleep, chance=random.Random())  # noqa: S311 - jitter
        done = grafana.push(made, os.environ)
    finally:
        transport.close()
    table = make_table("", "kind", "name", "outcome", "reason")
    for each in done:
        table.add_row(each.kind, escape(each.name), each.outcome, escape(each.reason))
    out.print(table)
    if any(each.outcome == "failed" for each in done):
        raise typer.Exit(1)


def _prepared(folder: Path, *, deployed: bool, local: bool) -> Provisioning:
    if deployed and local:
        say_error("--deployed and --local were both given; choose one")
        raise typer.Exit(2)
    project = load_project(folder)
    return prepared(project, deployed_urls(project) if deployed else local_urls(folder) if local else {})

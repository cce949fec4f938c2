"""t2mc grafana: the twin's dashboards for Grafana."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_error, say_note
from twin2multicloud.cli.project_commands import FolderFirst
from twin2multicloud.operations.grafana import deployed_urls, local_urls, prepared, write
from twin2multicloud.project.loader import load_project

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
    if deployed and local:
        say_error("--deployed and --local were both given; choose one")
        raise typer.Exit(2)
    project = load_project(folder)
    urls = deployed_urls(project) if deployed else local_urls(folder) if local else {}
    made = prepared(project, urls)
    write(made, target)
    alerts = sum(len(each["rules"]) for each in made.alerts)
    what = f"{len(made.sources)} data sources, {len(made.dashboards)} dashboards, {alerts} alert rules"
    out.print(f"{escape(str(target))}: {what}", soft_wrap=True)
    out.print(f"plugins: {', '.join(made.plugins)}", soft_wrap=True)
    if made.variables:
        out.print(f"Grafana's environment needs: {', '.join(made.variables)}", soft_wrap=True)
    for gap in made.gaps:
        say_note(gap)

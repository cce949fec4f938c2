"""t2mc logs: what a deployed function wrote to its cloud's log. Renders lines, and stops with Ctrl-C."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from twin2multicloud.cli.console import out
from twin2multicloud.cli.moments import Since, instant
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.operations.function_logs import logs_of, read_logs
from twin2multicloud.project.loader import load_project
from twin2multicloud.terraform.engine import environment
from twin2multicloud.terraform.rollout import deployed_outputs

_HOUR = timedelta(hours=1)


def logs(
    function: Annotated[str, typer.Argument(help="As `t2mc plan` names it: persister, or azure/persister.")],
    folder: Annotated[Path, typer.Argument(help="Project folder.")] = Path(),
    since: Since = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on: print each line as it comes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object for each line.")] = False,
) -> None:
    """Show what a deployed function logged: CloudWatch, Log Analytics, Cloud Logging. Oldest first.

    The last hour, unless --since says otherwise. Example: t2mc logs persister examples/smart-home --follow
    """
    project = load_project(folder)
    found = logs_of(project.twin, function, deployed_outputs(project, environment()))
    start = instant(since) if since else from_datetime(datetime.now(UTC) - _HOUR)
    for whose, line in read_logs(found, start, follow=follow):
        if as_json:
            typer.echo(msgspec.json.encode({"function": whose, **msgspec.structs.asdict(line)}).decode())
        else:
            out.print(f"{line.at} {whose} {line.text}", highlight=False, markup=False, soft_wrap=True)

"""t2mc up, down, status, redrive: the emulated clouds of a project, as background processes."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from twin2multicloud.cli.console import err, out
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.cli.tables import clouds_table, traffic_table
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.emulator.host.capabilities import left_out
from twin2multicloud.emulator.host.deployment import Deployment, Runtime, Tls, load_deployment, prepare
from twin2multicloud.emulator.host.processes import (
    DASHBOARD,
    pid_of,
    start_cloud,
    start_dashboard,
    stop,
    wait_until_up,
)
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.packaging.build import build, unpack
from twin2multicloud.project.loader import Project, load_project

RuntimeOption = Annotated[
    Runtime,
    typer.Option(envvar="T2MC_RUNTIME", help="Run functions from this installation, or from what t2mc package builds."),
]


def up(
    folder: Folder = Path(),
    dashboard: Annotated[bool, typer.Option(help="Start the dashboard too.")] = True,
    port: Annotated[int | None, typer.Option(help="The dashboard's port; a free one otherwise.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate for the devices' MQTT endpoint.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key for the devices' MQTT endpoint.")] = None,
    runtime: RuntimeOption = Runtime.SOURCE,
) -> None:
    """Start the emulated clouds that a project's placement uses, and the dashboard.

    Example: t2mc up examples/smart-home --runtime bundles
    """
    deployment = bring_up(folder, dashboard=dashboard, port=port, tls=_tls(tls_cert, tls_key), runtime=runtime)
    if dashboard:
        out.print(f"dashboard: [link={deployment.dashboard_url}]{deployment.dashboard_url}[/link]")
    site = deployment.acquisition
    scheme = "mqtts" if deployment.tls else "mqtt"
    out.print(
        f"devices:   {scheme}://127.0.0.1:{site.mqtt_port} or {site.http_url}/topics/… on {site.cloud.label}",
        soft_wrap=True,
    )


def down(folder: Folder = Path()) -> None:
    """Stop a project's clouds and dashboard. Data stays in its .t2mc folder.

    Example: t2mc down examples/smart-home
    """
    stopped = take_down(load_deployment(folder))
    out.print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def status(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say how the clouds are, what passed each boundary and what is in the dead letters. Exit code 1 if one is down.

    Example: t2mc status examples/smart-home --json
    """
    deployment = load_deployment(folder)
    client = TwinClient(deployment)
    statuses = client.statuses()
    boundaries = client.boundaries(statuses)
    if as_json:
        typer.echo(msgspec.json.encode({"clouds": statuses, "boundaries": boundaries}).decode())
    else:
        out.print(clouds_table(statuses, {site.cloud: site.http_url for site in deployment.sites}))
        out.print(traffic_table(boundaries))
        if pid_of(deployment, DASHBOARD) is not None:
            out.print(f"dashboard: {deployment.dashboard_url}")
    if not all(each.running for each in statuses):
        raise typer.Exit(1)


def redrive(folder: Folder = Path()) -> None:
    """Send what is in the dead letters again, on every cloud.

    Example: t2mc redrive examples/smart-home
    """
    count = TwinClient(load_deployment(folder)).redrive()
    out.print(f"{count:,} messages are on their way again")


def bring_up(
    folder: Path,
    *,
    dashboard: bool,
    port: int | None = None,
    tls: Tls | None = None,
    batch_records: int | None = None,
    runtime: Runtime = Runtime.SOURCE,
) -> Deployment:
    """Load, plan, start and wait, with progress. Nothing runs that was not running before where a cloud fails."""
    project = load_project(folder)
    say_notes(project)
    _refuse_another_twin(project, runtime)
    deployment = prepare(project, batch_records=batch_records, tls=tls, dashboard_port=port, runtime=runtime)
    if runtime is Runtime.BUNDLES:
        lay_out_bundles(project, deployment)
    gaps = left_out(deployment.topology)
    if gaps:
        err.print(f"[dim]note: planned, but not run by the emulator yet: {', '.join(gaps)}[/]", soft_wrap=True)
    names = [site.cloud.value for site in deployment.sites] + ([DASHBOARD] if dashboard else [])
    new = [name for name in names if pid_of(deployment, name) is None]
    try:
        _start(deployment, names)
    except TwinError:
        for name in new:
            stop(deployment, name)
        raise
    return deployment


def _refuse_another_twin(project: Project, runtime: Runtime) -> None:
    """What runs must be what is described: half a twin of before and half of now would be neither.

    Raises ConfigurationError where clouds are up from another description of the twin, with other processors, or from
    another runtime.
    """
    try:
        before = load_deployment(project.folder)
    except TwinError:
        return  # nothing was ever up
    running = ", ".join(site.cloud.value for site in before.sites if pid_of(before, site.cloud.value) is not None)
    if running and before.runtime is not runtime:
        raise ConfigurationError(
            f"{running} already up from {before.runtime}, not from {runtime}; `t2mc down {project.folder}` first"
        )
    if running and not before.describes(project):
        raise ConfigurationError(
            f"the project has changed since {running} came up with it; `t2mc down {project.folder}` first, data stays"
        )


def lay_out_bundles(project: Project, deployment: Deployment) -> None:
    """Build what would be deployed, and unpack it for each cloud that is not running: `start_cloud` runs it from there.

    Raises TwinError where a bundle cannot be built.
    """
    made = build(project, cache=None)
    for site in deployment.sites:
        if pid_of(deployment, site.cloud.value) is None:
            unpack([each for each in made if each.cloud is site.cloud], deployment.bundle_folder(site.cloud))


def take_down(deployment: Deployment) -> list[str]:
    """Stop everything, the dashboard first, the clouds along the data path; what was running."""
    names = [DASHBOARD, *(site.cloud.value for site in deployment.sites)]
    return [name for name in names if stop(deployment, name)]


def _start(deployment: Deployment, names: list[str]) -> None:
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
    ) as progress:
        tasks = {name: progress.add_task(f"starting {name}", total=1) for name in names}
        for site in deployment.sites:
            start_cloud(deployment, site.cloud)
        if DASHBOARD in names:
            start_dashboard(deployment)
        wait_until_up(deployment, names, lambda name: progress.update(tasks[name], completed=1))


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    if certificate is None and key is None:
        return None
    for path, option in ((certificate, "--tls-cert"), (key, "--tls-key")):
        if path is None or not path.is_file():
            raise typer.BadParameter("TLS needs both files, --tls-cert and --tls-key", param_hint=option)
    return Tls(str(Path(str(certificate)).resolve()), str(Path(str(key)).resolve()))

"""t2mc up, down, status: the emulated clouds of a project, as background processes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from twin2multicloud.cli.console import err, out, say_json, say_note
from twin2multicloud.cli.csv_tables import say_table
from twin2multicloud.cli.project_commands import Folder, say_notes
from twin2multicloud.cli.tables import clouds_table, rejections_table, stored_in, tiers_table, traffic_table
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.progress import Progress
from twin2multicloud.emulator.host.deployment import LocalDeployment, Runtime, Tls, load_deployment
from twin2multicloud.emulator.host.processes import DASHBOARD, pid_of
from twin2multicloud.operations.bring_up import NOTE, STARTING, bring_up, take_down, write_twin_environment
from twin2multicloud.operations.storage import set_clock
from twin2multicloud.operations.tls_files import own_certificate
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.places import typed

RuntimeOption = Annotated[
    Runtime,
    typer.Option(
        envvar="T2MC_RUNTIME", help="Run functions from this installation, or from the archives of t2mc package."
    ),
]


def up(
    folder: Folder = Path(),
    dashboard: Annotated[bool, typer.Option(help="Start the dashboard too.")] = True,
    port: Annotated[
        int | None, typer.Option(help="The dashboard's port; a free one otherwise.", min=1, max=65_535)
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="TLS for devices, with a certificate that is made here.")] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="TLS for devices: a PEM certificate of your own.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its PEM key.")] = None,
    runtime: RuntimeOption = Runtime.SOURCE,
    clock: Annotated[
        str, typer.Option(help="The time of the emulated clouds, as in 2026-01-01; see t2mc clock.", show_default=False)
    ] = "",
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Start also where a file lacks what was stored before.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Stay, take in each change of the project, and print errors.")
    ] = False,
) -> None:
    """Start the emulated clouds that a project's placement uses, and the dashboard.

    Example: t2mc up examples/smart-home --runtime bundles
    """
    deployment = start_twin(
        folder,
        dashboard=dashboard,
        port=port,
        tls=_tls(folder, tls, tls_cert, tls_key),
        runtime=runtime,
        accept_loss=accept_loss,
    )
    if clock:
        say_note(f"the clouds' time is {set_clock(deployment, clock)}")
    if dashboard:
        out.print(f"dashboard: [link={deployment.dashboard_url}]{deployment.dashboard_url}[/link]")
    site = deployment.acquisition
    scheme = "mqtts" if deployment.tls else "mqtt"
    out.print(
        f"devices:   {scheme}://127.0.0.1:{site.mqtt_port} or {deployment.publish_url}/topics/… "
        f"on {label_of(site.cloud)}",
        soft_wrap=True,
    )
    _say_twin_environment(deployment)
    if watch:
        from twin2multicloud.cli.reload import watch_project

        watch_project(folder)


def _say_twin_environment(deployment: LocalDeployment) -> None:
    """How clients of L4's own SDK find the emulated service: printed, and in a file for a shell."""
    told = write_twin_environment(deployment)
    if told is not None:
        out.print(f"L4:        set -a; . {typed(told)}; set +a  # then its own SDK reads this twin", soft_wrap=True)


def down(folder: Folder = Path()) -> None:
    """Stop a project's clouds and dashboard. Data stays in its .t2mc folder.

    Example: t2mc down examples/smart-home
    """
    stopped = take_down(load_deployment(folder), say_note)
    out.print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def status(
    folder: Folder = Path(),
    rejected: Annotated[bool, typer.Option("--rejected", help="What was refused to devices, and why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The first table as CSV.")] = False,
) -> None:
    """Show clouds, boundaries and dead letters. Exit code 1 if a cloud is down.

    Example: t2mc status examples/smart-home --rejected
    """
    deployment = load_deployment(folder)
    client = TwinClient(deployment)
    statuses = client.statuses()
    boundaries = client.boundaries(statuses)
    if deployment.moved and any(each.running for each in statuses):
        say_note(
            f"it runs from {deployment.started_as}, as the folder was called; "
            f"`t2mc down {typed(folder)}` and then `t2mc up` take the new name in"
        )
    if rejected:
        rejections = client.rejections()
        if as_json:
            say_json(rejections)
        else:
            say_table(rejections_table(rejections), as_csv=as_csv)
    elif as_json:
        say_json({"clouds": statuses, "boundaries": boundaries})
    elif as_csv:
        say_table(clouds_table(statuses, _urls(deployment)), as_csv=True)
    else:
        out.print(clouds_table(statuses, _urls(deployment)))
        out.print(traffic_table(boundaries))
        if any(tier.objects for each in statuses for tier in each.tiers):
            out.print(tiers_table(stored_in(statuses)))
        for each in statuses:
            if each.holding_back:
                say_note(f"{label_of(each.cloud)} holds acknowledgements back: {each.holding_back}")
            if each.set_aside:
                say_note(f"{label_of(each.cloud)} set aside {each.set_aside:,} damaged groups of its queues")
            if each.ignored:
                say_note(f"{label_of(each.cloud)} took and ignored {each.ignored:,} publishes, by ignored_topics")
        if pid_of(deployment, DASHBOARD) is not None:
            out.print(f"dashboard: {deployment.dashboard_url}")
    if not all(each.running for each in statuses):
        raise typer.Exit(1)


def _urls(deployment: LocalDeployment) -> dict[str, str]:
    return {site.cloud: site.http_url for site in deployment.sites}


def start_twin(
    folder: Path,
    *,
    dashboard: bool,
    port: int | None = None,
    tls: Tls | None = None,
    runtime: Runtime = Runtime.SOURCE,
    accept_loss: bool = False,
) -> LocalDeployment:
    """Load a project and bring it up, with a line for each process that starts."""
    project = load_project(folder)
    say_notes(project)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(event: Progress) -> None:
            if event.kind == NOTE:
                say_note(event.message)
            elif event.kind == STARTING:
                tasks[event.address] = bar.add_task(event.message, total=1)
            else:
                bar.update(tasks[event.address], completed=1)

        return bring_up(
            project, report, dashboard=dashboard, port=port, tls=tls, runtime=runtime, accept_loss=accept_loss
        )


def _tls(folder: Path, own: bool, certificate: Path | None, key: Path | None) -> Tls | None:
    if own and (certificate or key):
        raise ConfigurationError(
            "--tls makes a certificate, --tls-cert and --tls-key name yours; give one or the other"
        )
    if own:
        return own_certificate(load_project(folder).folder)
    if certificate is not None and key is not None:
        return Tls(str(certificate.resolve()), str(key.resolve()))
    if certificate is not None or key is not None:
        given, missing = ("--tls-cert", "--tls-key") if key is None else ("--tls-key", "--tls-cert")
        raise ConfigurationError(f"{given} without {missing}; TLS needs the certificate and its key")
    return None

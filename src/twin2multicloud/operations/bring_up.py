"""Starts and stops a twin on this machine. Reports progress and prints nothing; owns no process.

Events of the job ``up``: a ``note`` for people, and ``starting`` and ``started`` with the name of a cloud or of the
dashboard as the address.
"""

from collections.abc import Callable
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.emulator.host.deployment import (
    LocalDeployment,
    Runtime,
    Tls,
    become_its_own,
    load_deployment,
    prepare,
    run_by_the_emulator,
)
from twin2multicloud.emulator.host.folder_lock import changing
from twin2multicloud.emulator.host.ports import is_free
from twin2multicloud.emulator.host.processes import (
    DASHBOARD,
    misnamed,
    pid_of,
    ports_of,
    start_cloud,
    start_dashboard,
    stop,
    uninterrupted,
    wait_until_up,
)
from twin2multicloud.emulator.l4.face import Told, environment_of
from twin2multicloud.operations.extras import require
from twin2multicloud.operations.moving_slots import left_behind
from twin2multicloud.operations.tls_files import check, twin_certificate, with_all_trusted
from twin2multicloud.packaging.build import package, unpack
from twin2multicloud.planning.clouds import pack
from twin2multicloud.project.json_files import write_atomically
from twin2multicloud.project.loader import Project
from twin2multicloud.project.places import typed
from twin2multicloud.project.state_folder import StateFolder

JOB = "up"
NOTE, STARTING, STARTED = "note", "starting", "started"


def bring_up(
    project: Project,
    report: Report,
    *,
    dashboard: bool,
    port: int | None = None,
    tls: Tls | None = None,
    runtime: Runtime = Runtime.SOURCE,
    accept_loss: bool = False,
) -> LocalDeployment:
    """Plan, start and wait. If a cloud fails, stops what it started. Of two at once, the second waits for the first.

    `accept_loss`: start also where files lack what was durable before.

    Raises ConfigurationError where another twin is up from the folder or an extra is not installed, TwinError where a
    process does not start.
    """
    require("uvicorn", "httptools", *(["nicegui"] if dashboard else []))
    with changing(StateFolder(project.folder), JOB, lambda sentence: report(_event(NOTE, "", sentence))):
        return _bring_up(project, report, dashboard, port, tls, runtime, accept_loss)


def _bring_up(
    project: Project,
    report: Report,
    dashboard: bool,
    port: int | None,
    tls: Tls | None,
    runtime: Runtime,
    accept_loss: bool,
) -> LocalDeployment:
    if (copied := become_its_own(project.folder)) is not None:
        report(_event(NOTE, "", copied))
    refuse_another_twin(project, runtime, tls)
    _refuse_port(project, port)
    if tls is not None:
        check(tls)
    for sentence in _left_behind(project):
        report(_event(NOTE, "", sentence))
    twin_tls = twin_certificate(project.folder) if pack(project.twin.placement[Slot.L4]).twin_over_tls else None
    deployment = prepare(project, tls=tls, twin_tls=twin_tls, dashboard_port=port, runtime=runtime)
    if runtime is Runtime.BUNDLES:
        lay_out_bundles(project, deployment)
    if gaps := run_by_the_emulator(deployment.topology).functions_left_out:
        report(_event(NOTE, "", f"planned, but not run by the emulator yet: {', '.join(gaps)}"))
    names = [*clouds(deployment), *([DASHBOARD] if dashboard else [])]
    new = [name for name in names if pid_of(deployment, name) is None]
    for sentence in filter(None, (misnamed(deployment, name) for name in new)):
        report(_event(NOTE, "", sentence))
    if accept_loss:
        _forget_marks(deployment, new)
    if up := ", ".join(name for name in names if name not in new):
        report(_event(NOTE, "", f"already up: {up}"))
    _require_free_ports(deployment, new)
    try:
        _start(deployment, names, report)
    except BaseException:  # Ctrl-C too
        with uninterrupted():
            for name in new:
                stop(deployment, name)
        raise
    return deployment


def take_down(deployment: LocalDeployment, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Stop the dashboard, then the clouds along the data path; returns what was running. Ctrl-C waits for it.

    `say` is given a sentence for each process that is left alone, since it is not known to be the twin's.
    """
    names = (DASHBOARD, *clouds(deployment))
    with changing(deployment.state, "down", say), uninterrupted():
        for sentence in filter(None, (misnamed(deployment, name) for name in names)):
            say(sentence)
        return [name for name in names if stop(deployment, name)]


def clouds(deployment: LocalDeployment) -> list[str]:
    """The short names of the clouds in use, along the data path."""
    return [site.cloud for site in deployment.sites]


def write_twin_environment(deployment: LocalDeployment) -> Path | None:
    """Write the variables with which clients of L4's own SDK find the emulated one; None where there is no such."""
    cloud = deployment.twin.placement[Slot.L4]
    told = environment_of(cloud, _told(deployment))
    path = deployment.state.twin_environment
    if not told:
        path.unlink(missing_ok=True)
        return None
    write_atomically(path, "".join(f"{name}={value}\n" for name, value in told.items()).encode())
    return path


def _told(deployment: LocalDeployment) -> Told:
    site, tls = deployment.site(deployment.twin.placement[Slot.L4]), deployment.twin_tls
    if site.twin_port is None or tls is None:
        return Told(url=site.http_url)
    return Told(
        url=site.http_url,
        tls_url=f"https://localhost:{site.twin_port}",
        certificate=tls.certificate,
        certificates=with_all_trusted(tls),
    )


def refuse_another_twin(project: Project, runtime: Runtime, tls: Tls | None = None) -> None:
    """Refuse to mix running clouds with a changed project.

    Raises ConfigurationError where clouds are up from another description of the twin, with other processors, from
    another runtime, or with another certificate.
    """
    try:
        before = load_deployment(project.folder)
    except TwinError:
        return  # the first start
    running = ", ".join(name for name in clouds(before) if pid_of(before, name) is not None)
    if running and before.moved:
        raise ConfigurationError(
            f"{running} already up from {before.started_as}, as the folder was called; "
            f"`t2mc down {typed(project.folder)}` first"
        )
    if running and before.runtime is not runtime:
        raise ConfigurationError(
            f"{running} already up from {before.runtime}, not from {runtime}; `t2mc down {typed(project.folder)}` first"
        )
    if running and before.tls != tls:
        how = f"with {before.tls.certificate}" if before.tls else "without TLS"
        raise ConfigurationError(
            f"{running} already up {how}; give the same options of TLS, or `t2mc down {typed(project.folder)}` first"
        )
    if running and not before.describes(project):
        raise ConfigurationError(
            f"the project has changed since {running} started with it; "
            f"`t2mc reload {typed(project.folder)}` takes it in"
        )


def _left_behind(project: Project) -> tuple[str, ...]:
    """What the placement that the twin last ran with leaves behind."""
    try:
        before = load_deployment(project.folder)
    except TwinError:
        return ()
    return left_behind(before.twin.placement, project.twin.placement)


def _refuse_port(project: Project, port: int | None) -> None:
    """Raises ConfigurationError where the page is up on another port, or another program has the port."""
    if port is None:
        return
    try:
        before = load_deployment(project.folder)
    except TwinError:
        before = None
    if before is not None and pid_of(before, DASHBOARD) is not None:
        if before.dashboard_port == port:
            return
        raise ConfigurationError(
            f"--port {port}: the dashboard is already up on {before.dashboard_port}; "
            f"`t2mc down {typed(project.folder)}` first"
        )
    if not is_free(port):
        raise ConfigurationError(f"--port {port}: another program uses this port, or it is reserved; choose another")


def _require_free_ports(deployment: LocalDeployment, names: list[str]) -> None:
    """Raises ConfigurationError where another program has the port of one that is about to start."""
    for name in names:
        for port in ports_of(deployment, name):
            if not is_free(port):
                other = ", or choose another port with --port" if name == DASHBOARD else ""
                raise ConfigurationError(
                    f"{name} did not start: another program uses its port {port} of 127.0.0.1; stop that program{other}"
                )


def lay_out_bundles(project: Project, deployment: LocalDeployment) -> None:
    """Build what would be deployed, and unpack it for each cloud that is not running: `start_cloud` runs it from there.

    Raises TwinError where a bundle cannot be built.
    """
    made = package(project, cache=None)
    for name in clouds(deployment):
        if pid_of(deployment, name) is None:
            unpack([each for each in made if each.cloud == name], deployment.state.unpacked_bundles(name))


def _forget_marks(deployment: LocalDeployment, names: list[str]) -> None:
    for name in names:
        for file in deployment.state.marks.glob(f"{name}-*"):
            file.unlink()


def _start(deployment: LocalDeployment, names: list[str], report: Report) -> None:
    for name in names:
        report(_event(STARTING, name, f"starting {name}"))
    for site in deployment.sites:
        start_cloud(deployment, site.cloud)
    if DASHBOARD in names:
        start_dashboard(deployment)
    wait_until_up(deployment, names, lambda name: report(_event(STARTED, name, f"{name} is up")))


def _event(kind: str, name: str, message: str) -> Progress:
    return Progress(job=JOB, kind=kind, address=name, message=message)

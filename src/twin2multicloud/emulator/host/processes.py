"""The operating-system processes of a deployment: starting, waiting, stopping, killing. Owns no file names."""

import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.host import bundled_runtime
from twin2multicloud.emulator.host.deployment import LocalDeployment, Runtime
from twin2multicloud.emulator.host.ports import release_port
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.places import typed

START_TIMEOUT = 30.0
DASHBOARD = "dashboard"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a program that a person runs: Ctrl-C, a service manager, a terminal that is closed."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals of `ENDING` take effect after this: a process that is half started or half stopped would stay."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python runs handlers in the main thread only
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in ENDING
        if signal.getsignal(number) not in (None, signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def start_cloud(deployment: LocalDeployment, cloud: Cloud) -> None:
    """Start one emulated cloud in the background, unless it runs. It is up once `wait_until_up` returns."""
    program, bundles = ["-m", "twin2multicloud.emulator"], []
    if deployment.runtime is Runtime.BUNDLES:
        program, bundles = [bundled_runtime.__file__], [str(deployment.state.unpacked_bundles(cloud))]
    _start(deployment, cloud, [sys.executable, "-P", *program, deployment.folder, cloud, *bundles])


def start_dashboard(deployment: LocalDeployment) -> None:
    """Start the dashboard in the background, unless it runs."""
    port = str(deployment.dashboard_port)
    command = [sys.executable, "-P", "-m", "twin2multicloud.manage", deployment.folder, "--port", port]
    _start(deployment, DASHBOARD, command)


def wait_until_up(
    deployment: LocalDeployment, names: Sequence[str], up: Callable[[str], None] = lambda _: None
) -> None:
    """Wait until processes answer, calling `up` with each name. Raises TwinError with the log of one that does not."""
    waiting = list(names)
    deadline = time.monotonic() + START_TIMEOUT
    while waiting:
        for name in list(waiting):
            if answers(deployment, name):
                waiting.remove(name)
                for port in ports_of(deployment, name):
                    release_port(port)
                up(name)
            elif pid_of(deployment, name) is None:
                raise TwinError(f"{name} did not start:\n{_tail(deployment.state.log(name))}")
        if waiting and time.monotonic() > deadline:
            raise TwinError(
                f"{waiting[0]} is not up after {START_TIMEOUT:.0f} s; see {deployment.state.log(waiting[0])}"
            )
        time.sleep(0.02)


def ports_of(deployment: LocalDeployment, name: str) -> tuple[int, ...]:
    """The ports that a process listens on."""
    if name == DASHBOARD:
        return (deployment.dashboard_port,)
    return deployment.site(Cloud(name)).ports


def answers(deployment: LocalDeployment, name: str) -> bool:
    """Whether a process answers on its port, and is the one of this twin: ports are reused."""
    url = deployment.dashboard_url if name == DASHBOARD else deployment.site(Cloud(name)).http_url
    try:
        health = msgspec.json.decode(_read(f"{url}/_cloud/health"), type=_Health)
        return health.pid == pid_of(deployment, name)
    except (OSError, HTTPException, msgspec.MsgspecError):  # no answer, or one of another program
        return False


class _Health(msgspec.Struct):
    pid: int


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http://127.0.0.1
        body: bytes = answer.read()
        return body


def pid_of(deployment: LocalDeployment, name: str) -> int | None:
    """The process id of a running name; None if it is not running."""
    try:
        pid = int(deployment.state.process_id(name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_ours(pid, deployment) else None


def require_running(deployment: LocalDeployment, cloud: Cloud) -> None:
    """Raises TwinError where an emulated cloud is not running, with what starts it."""
    if pid_of(deployment, cloud) is None:
        start = f"`t2mc up {typed(Path(deployment.folder))}` starts it"
        raise TwinError(f"the {label_of(cloud)} of this machine is down; {start}")


def stop(deployment: LocalDeployment, name: str, timeout: float = 10.0) -> bool:
    """Stop a process after its current batches; kill it on time-out. False if it was not running."""
    pid = pid_of(deployment, name)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    if not _gone(pid, deployment, timeout):
        os.kill(pid, signal.SIGKILL)
        _gone(pid, deployment, timeout)
    _end_children(pid)
    deployment.state.process_id(name).unlink(missing_ok=True)
    return True


def kill(deployment: LocalDeployment, name: str) -> None:
    """Kill a process with SIGKILL, as a power cut would."""
    pid = pid_of(deployment, name)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        _gone(pid, deployment, 10.0)
        _end_children(pid)


def _end_children(pid: int) -> None:
    """End what user code started and left: it would hold the process's ports. They are of its session (`_start`)."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _start(deployment: LocalDeployment, name: str, command: list[str]) -> None:
    if pid_of(deployment, name) is not None:
        return
    log = deployment.state.log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing, uninterrupted():
        # Not subprocess: what is started here is meant to outlive this process, and Popen would warn that it does.
        pid = os.posix_spawn(
            command[0],
            command,
            _environment(),
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ],
            setsid=True,
        )
        deployment.state.process_id(name).write_text(str(pid))


def _environment() -> dict[str, str]:
    """This process's environment without pytest's variables, which would put NiceGUI into test mode."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _is_ours(pid: int, deployment: LocalDeployment) -> bool:
    """Whether a pid is alive and, where /proc exists, still our process: pids are reused."""
    _reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # no /proc on this system
    if not command:  # between fork and exec, or a zombie
        return not _is_zombie(pid)
    return deployment.started_as.encode() in command


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except OSError:
        return True


def _reap(pid: int) -> None:
    """Collect a child of this very process, so that it does not stay as a zombie and look alive."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # not a child: an earlier `t2mc up` started it


def _gone(pid: int, deployment: LocalDeployment, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while _is_ours(pid, deployment):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"

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
from twin2multicloud.emulator.host.failure import failure
from twin2multicloud.emulator.host.identity import Identity, look_at
from twin2multicloud.emulator.host.ports import release_port
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.places import typed

START_TIMEOUT = 30.0
DASHBOARD = "dashboard"
_DASHBOARD_MODULE = "twin2multicloud.manage"
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
    command = [sys.executable, "-P", "-m", _DASHBOARD_MODULE, deployment.folder, "--port", port]
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
                raise TwinError(f"{name} {failure(deployment.state.log(name))}")
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
    """The process id of a running name; None if it is not running, or if nothing of ours is known to run it."""
    process = _process(deployment, name)
    return process.pid if process is not None else None


def misnamed(deployment: LocalDeployment, name: str) -> str | None:
    """What is wrong with the file that names a process, as a sentence: it is left alone. None where all is well."""
    file = deployment.state.process_id(name)
    try:
        noted = Identity.read(file)
    except ValueError as error:
        return f"{file} {error}; whatever runs is left alone, and {name} counts as down"
    if noted is None or noted.runs(_command(deployment, name)):
        return None
    seen = look_at(noted.pid)
    if seen is None:
        return None  # it has ended
    return f"{file} names process {noted.pid}, which does not run {name} ({seen.command[:60]}); it is left alone"


def note_identity(deployment: LocalDeployment, name: str, pid: int) -> None:
    """Note down that a process runs a name. Raises OSError."""
    Identity.of(pid).write(deployment.state.process_id(name))


def require_running(deployment: LocalDeployment, cloud: Cloud) -> None:
    """Raises TwinError where an emulated cloud is not running, with what starts it."""
    if pid_of(deployment, cloud) is None:
        start = f"`t2mc up {typed(Path(deployment.folder))}` starts it"
        raise TwinError(f"the {label_of(cloud)} of this machine is down; {start}")


def stop(deployment: LocalDeployment, name: str, timeout: float = 10.0) -> bool:
    """Stop a process after its current batches; kill it on time-out. False if it was not running."""
    process = _process(deployment, name)
    if process is None:
        return False
    command = _command(deployment, name)
    process.signal(signal.SIGTERM, command)
    if not _gone(process, command, timeout):
        process.signal(signal.SIGKILL, command)
        _gone(process, command, timeout)
    process.end_session()  # what user code started and left would hold the process's ports
    with suppress(OSError):  # of a disk that is read-only: the file names nothing that runs
        deployment.state.process_id(name).unlink(missing_ok=True)
    return True


def kill(deployment: LocalDeployment, name: str) -> None:
    """Kill a process with SIGKILL, as a power cut would."""
    process = _process(deployment, name)
    if process is not None:
        command = _command(deployment, name)
        process.signal(signal.SIGKILL, command)
        _gone(process, command, 10.0)
        process.end_session()


def _process(deployment: LocalDeployment, name: str) -> Identity | None:
    try:
        noted = Identity.read(deployment.state.process_id(name))
    except ValueError:
        return None  # see `misnamed`
    return noted if noted is not None and noted.runs(_command(deployment, name)) else None


def _command(deployment: LocalDeployment, name: str) -> str:
    """The part of a process's command line that no other process has: the folder as it was called then."""
    if name == DASHBOARD:
        return f" {_DASHBOARD_MODULE} {deployment.started_as} "
    return f" {deployment.started_as} {name} "


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
        note_identity(deployment, name, pid)


def _environment() -> dict[str, str]:
    """This process's environment without pytest's variables, which would put NiceGUI into test mode."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _gone(process: Identity, command: str, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while process.runs(command):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

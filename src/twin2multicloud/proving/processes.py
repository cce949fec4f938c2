"""A twin whose clouds are processes, and what is done to them: signals, proxies, limits of files, damage. Real time.

The same check as over the simulated clouds; the history is not the same a second time. Nobody sets the machine's clock.
"""

import os
import random
import resource
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.host.deployment import LocalDeployment, prepare
from twin2multicloud.emulator.host.processes import kill, pid_of, start_cloud, stop, wait_until_up
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.hosting.user_code import find_processor_in
from twin2multicloud.operations.checks import wait_until_settled
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.local_twin import LocalTwin
from twin2multicloud.operations.storage import move
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.project.json_files import OWNER_ONLY, write_atomically
from twin2multicloud.project.loader import Project, with_code_in
from twin2multicloud.proving.check import Finding, check
from twin2multicloud.proving.damage import damage
from twin2multicloud.proving.ledger import Ledger
from twin2multicloud.proving.places import Found, look
from twin2multicloud.proving.process_clients import ProcessClients
from twin2multicloud.proving.proof import Outcome
from twin2multicloud.proving.proxy import Proxy
from twin2multicloud.proving.schedule import schedule
from twin2multicloud.proving.steps import (
    Advance,
    AnyStep,
    Disturb,
    FillDisk,
    Freeze,
    Hostile,
    Kill,
    Publish,
    Redrive,
    Restart,
    SetClock,
    fault_of,
    said,
)

_SCHEDULED = 10.0  # minutes of a simulated history, whose steps are done in the time that there is
_LASTS = 0.5, 6.0  # seconds of a fault, least and most
_SETTLES = 120.0  # seconds
_DAY = 86_400_000


def prove_processes(project: Project, seed: int, *, minutes: float) -> Outcome:
    """Run the steps of a seed over processes, in so many minutes of real time, in a temporary folder."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="t2mc-prove-") as folder:
        world = _Processes(project, Path(folder), seed, 60 * minutes)
        found = world.run()
        findings = [Finding("unsettled", each) for each in world.unsettled] + check(world.ledger, found)
    return Outcome(
        seed=seed,
        steps=world.steps,
        findings=findings,
        digest="",
        lines=world.lines,
        counts=world.counts,
        seconds=time.monotonic() - begun,
    )


class _Processes:
    """One run. `unsettled` says what did not come to rest."""

    def __init__(self, project: Project, folder: Path, seed: int, seconds: float) -> None:
        self._chance = random.Random(f"processes of {seed}")  # noqa: S311 - of a seed
        self._deployment, self._proxies = _behind_proxies(prepare(with_code_in(project, folder)), self._chance)
        pace = seconds / (60 * _SCHEDULED)
        all_steps = schedule(project.twin, seed, _SCHEDULED)
        self.steps = [_in_real_time(each, pace) for each in all_steps if not isinstance(each, SetClock)]
        self.ledger = Ledger(find_processor_in(str(folder / "processors"), project.twin.catalog))
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []
        self.unsettled: list[str] = []
        self._begun = time.monotonic()
        self._changing = {site.cloud: threading.Lock() for site in self._deployment.sites}

    def run(self) -> Found:
        """Start, do every step at its time, mend, let it come to rest, stop, look."""
        names = [site.cloud for site in self._deployment.sites]
        with ExitStack() as end:
            for proxy in self._proxies.values():
                end.callback(proxy.close)
            for name in names:
                end.callback(stop, self._deployment, name, _SETTLES)
                start_cloud(self._deployment, name)
            wait_until_up(self._deployment, names)
            client = TwinClient(self._deployment)
            end.callback(client.close)
            clients = ProcessClients(self._deployment, self.ledger)
            with clients.connected():
                self._do_all(client, clients)
                if not clients.end_crowd(_SETTLES):
                    self.unsettled.append(f"publishes were not acknowledged within {_SETTLES:g} s")
            self._settle(client)
        self.counts += clients.counts
        for proxy in self._proxies.values():
            self.counts += proxy.counts
        found = look([self._deployment.state.process(name) for name in names], self.ledger)
        self.counts["found: readings stored"] = found.stored.total()
        self.counts["found: dead letters"] = found.letters.total()
        self.counts["found: equal copies in an older tier, which readers show once"] = found.copies.total()
        return found

    def _do_all(self, client: TwinClient, clients: ProcessClients) -> None:
        self._begun = time.monotonic()
        threads = []
        for step in self.steps:
            time.sleep(max(0.0, self._begun + step.at - time.monotonic()))
            if not isinstance(step, Publish):
                self._say(said(step))
            if (fault := fault_of(step)) is not None:
                self.counts[f"fault: {fault}"] += 1
            thread = threading.Thread(target=self._guarded, args=(step, client, clients), daemon=True)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        self._say("everything is mended")

    def _guarded(self, step: AnyStep, client: TwinClient, clients: ProcessClients) -> None:
        try:
            self._do(step, client, clients)
        except Exception as error:  # whatever it is, the proof has failed
            self.unsettled.append(f"{said(step)} ended with {error!r}")

    def _do(self, step: AnyStep, client: TwinClient, clients: ProcessClients) -> None:
        match step:
            case Publish():
                clients.publish(step)
            case Hostile():
                clients.attack(step)
            case Kill():
                with self._changing[step.cloud]:
                    self._kill(step)
            case Freeze():
                with self._changing[step.cloud]:
                    self._signal(step.cloud, signal.SIGSTOP)
                    time.sleep(step.seconds)
                    self._signal(step.cloud, signal.SIGCONT)
            case Restart():
                with self._changing[step.cloud]:
                    stop(self._deployment, step.cloud)
                    self._start(step.cloud)
            case Disturb():
                with self._proxies[step.target].trouble(step.trouble):
                    time.sleep(step.seconds)
            case FillDisk():
                with self._changing[step.cloud], _no_room(pid_of(self._deployment, step.cloud), self._data(step.cloud)):
                    time.sleep(step.seconds)
            case Redrive():
                self._at_once(step.times, lambda: client.letters.redrive(Selection()))
            case Advance():
                clock = VirtualClock(self._deployment.state.clock)
                clock.set(clock.milliseconds + step.days * _DAY)
                with suppress(TwinError):  # one that is down runs them later
                    client.run_due()

    def _at_once(self, times: int, act: Callable[[], object]) -> None:
        def quietly() -> None:
            with suppress(TwinError):  # a cloud is down, or its disk full: the letters stay
                act()

        threads = [threading.Thread(target=quietly) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _kill(self, step: Kill) -> None:
        kill(self._deployment, step.cloud)
        self._say(f"{step.cloud} was killed")
        damaged = damage(self._data(step.cloud), step.damage, self._chance) if step.damage else None
        time.sleep(step.down)
        if damaged is not None:
            self._say(f"{step.cloud}: {damaged.sentence}")
            try:
                self._start(step.cloud)
            except TwinError:
                self.counts["found: damaged files that kept a cloud from starting"] += 1
                damaged.put_back()
        self._start(step.cloud)

    def _start(self, cloud: Cloud) -> None:
        start_cloud(self._deployment, cloud)
        wait_until_up(self._deployment, [cloud])

    def _signal(self, cloud: Cloud, number: int) -> None:
        if (pid := pid_of(self._deployment, cloud)) is not None:
            os.kill(pid, number)

    def _data(self, cloud: Cloud) -> Path:
        return self._deployment.state.process(cloud)

    def _settle(self, client: TwinClient) -> None:
        """Until no queue waits; then redrive, and move what is due."""
        self._wait(client, "queues")
        client.letters.redrive(Selection())
        self._wait(client, "queues after the redrive")
        move(LocalTwin(Path(self._deployment.folder)))
        self._wait(client, "queues after the movers")

    def _wait(self, client: TwinClient, what: str) -> None:
        statuses = wait_until_settled(client, _SETTLES, time.sleep, time.monotonic)
        if any(not status.running or any(queue.waiting for queue in status.queues) for status in statuses):
            self.unsettled.append(f"{what} did not come to rest in {_SETTLES:g} s")

    def _say(self, line: str) -> None:
        self.lines.append(f"{time.monotonic() - self._begun:12.3f} s  {line}")


def _behind_proxies(deployment: LocalDeployment, chance: random.Random) -> tuple[LocalDeployment, dict[Cloud, Proxy]]:
    """The deployment with a proxy in front of each cloud's endpoints, written for its processes."""
    proxies = {site.cloud: Proxy(site.http_port, random.Random(chance.random())) for site in deployment.sites}  # noqa: S311 - of a seed
    sites = tuple(msgspec.structs.replace(site, proxy_port=proxies[site.cloud].port) for site in deployment.sites)
    behind = msgspec.structs.replace(deployment, sites=sites)
    write_atomically(behind.state.deployment, msgspec.json.encode(behind), mode=OWNER_ONLY)
    return behind, proxies


def _in_real_time(step: AnyStep, pace: float) -> AnyStep:
    """A step at its share of the time; what lasts is as short as the least that tells something, or little longer."""
    changed: dict[str, float] = {"at": step.at * pace}
    for name in {"seconds", "down"} & set(step.__struct_fields__):
        changed[name] = min(max(getattr(step, name) * pace, _LASTS[0]), _LASTS[1])
    return msgspec.structs.replace(step, **changed)


@contextmanager
def _no_room(pid: int | None, data: Path) -> Iterator[None]:
    """A process's files grow no further, as on a full disk. Does nothing where the system has no such call."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None or pid is None:
        yield
        return
    sizes = [path.stat().st_size for path in data.glob("*.sqlite-wal")]
    before = prlimit(pid, resource.RLIMIT_FSIZE)
    prlimit(pid, resource.RLIMIT_FSIZE, (max([*sizes, 1 << 16]), before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            prlimit(pid, resource.RLIMIT_FSIZE, before)

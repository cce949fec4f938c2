"""A twin whose clouds run in this process on a virtual clock, and what is done to it, step by step."""

import logging
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets, Site
from twin2multicloud.hosting.user_code import find_processor_in
from twin2multicloud.planning.planner import plan
from twin2multicloud.proving.clients import Clients
from twin2multicloud.proving.history import History
from twin2multicloud.proving.ledger import Ledger
from twin2multicloud.proving.network import Network
from twin2multicloud.proving.places import Found, look
from twin2multicloud.proving.running_cloud import MakeMachine, RunningCloud
from twin2multicloud.proving.simulated_machine import SimulatedMachine
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
from twin2multicloud.proving.turns import Process, Task, Turns, TurnsEvent, TurnsLock

_SECRETS = LocalSecrets("operator", "key-of-devices", "token-between-clouds")
_LONGEST_SETTLING = 4 * 3600.0  # seconds of virtual time
_LOOK = 5.0
_COMMIT_PATIENCE = 30.0  # seconds that a kill waits for its commit
_MOVERS = (Kind.HOT_TO_COLD_MOVER, Kind.COLD_TO_ARCHIVE_MOVER)
_DAY = 86_400_000


class Rest(msgspec.Struct):
    """When no client and no queue waited any more, before anybody redrove: what there was by then.

    `at`: seconds of virtual time, known to within five. `most_waiting`: bytes in the queues of clouds that were up.
    """

    at: float = 0.0
    dead_letters: int = 0
    most_waiting: int = 0


class World:
    """One twin under test. `unsettled` says what did not come to rest."""

    def __init__(
        self, twin: Twin, project: Path, root: Path, seed: int, make_machine: MakeMachine = SimulatedMachine
    ) -> None:
        chance = random.Random(f"world of {seed}")  # noqa: S311 - of a seed
        self.turns = Turns(_child(chance))
        self.history = History(self.turns)
        self.network = Network(self.turns, _child(chance), self.history)
        self._topology = plan(twin)
        sites = tuple(Site(cloud=cloud, http_port=place) for place, cloud in enumerate(twin.placement.clouds, 1))
        deployment = LocalDeployment(
            folder=str(project), twin=twin, topology=self._topology, sites=sites, dashboard_port=0
        )
        self.clouds = {
            each.cloud: RunningCloud(
                each.cloud,
                root,
                deployment,
                _SECRETS,
                self.turns,
                self.network,
                _child(chance),
                self.history,
                make_machine,
            )
            for each in sites
        }
        self.ledger = Ledger(find_processor_in(str(project / "processors"), twin.catalog))
        self.clients = Clients(
            twin, deployment, _SECRETS, self.clouds, self.network, self.turns, self.ledger, _child(chance)
        )
        self.unsettled: list[str] = []
        self.rest = Rest()
        self._operator = Process("operator")
        self._changing = {cloud: TurnsLock(self.turns) for cloud in self.clouds}
        self._clock: bytes | None = None
        for cloud in self.clouds.values():
            self._start(cloud)

    def run(self, steps: Sequence[AnyStep]) -> Found:
        """Do every step at its time; then mend everything, let it come to rest, stop it, and look."""
        tasks: list[Task] = []
        for step in steps:
            self.turns.wait(max(0.0, step.at - self.turns.now))
            self._note_waiting()
            if not isinstance(step, Publish):
                self.history.say(said(step))
            if (fault := fault_of(step)) is not None:
                self.history.count(f"fault: {fault}")
            task = self.turns.task(self._operator, partial(self._do, step), f"step {step.number}")
            task.start()
            tasks.append(task)
        for task in tasks:
            task.join()
        self.history.say("everything is mended")
        self._settle()
        for cloud in self.clouds.values():
            cloud.stop()
        found = look([cloud.data for cloud in self.clouds.values()], self.ledger)
        found.ignored = sum(cloud.ignored for cloud in self.clouds.values())
        self.history.count("found: publishes to topics that are not read", found.ignored)
        self.history.count("found: readings stored", found.stored.total())
        self.history.count("found: dead letters", found.letters.total())
        self.history.count("found: equal copies in an older tier, which readers show once", found.copies.total())
        self.unsettled += self.turns.errors
        return found

    def close(self) -> None:
        """End every thread."""
        for process in (self._operator, self.clients.process, *(each.process for each in self.clouds.values())):
            self.turns.kill(process)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _do(self, step: AnyStep) -> None:
        match step:
            case Publish():
                self.clients.publish(step)
            case Hostile():
                self.clients.attack(step)
            case Kill():
                self._kill(step)
            case Freeze():
                with self._alone(step.cloud) as cloud:
                    cloud.process.stopped = True
                    self.turns.wait(step.seconds)
                    cloud.process.stopped = False
            case Restart():
                with self._alone(step.cloud) as cloud:
                    cloud.stop()
                    self._start(cloud)
            case Disturb():
                source, target = self.clouds[step.source].place, self.clouds[step.target].place
                with self.network.trouble(source, target, step.trouble):
                    self.turns.wait(step.seconds)
            case FillDisk():
                disk = self.clouds[step.cloud].disk
                disk.full = True
                self.turns.wait(step.seconds)
                disk.full = False
            case SetClock():
                self.clouds[step.cloud].wall.offset += step.seconds
            case Redrive():
                for _ in range(step.times):
                    self.turns.task(self._operator, partial(self._in, self.clouds[step.cloud], _redrive), "dlq").start()
            case Advance():
                self._advance(step.days)

    @contextmanager
    def _alone(self, name: Cloud) -> Iterator[RunningCloud]:
        """Change a cloud's process, one after another."""
        with self._changing[name]:
            yield self.clouds[name]

    def _kill(self, step: Kill) -> None:
        with self._alone(step.cloud) as cloud:
            if step.moment != "now":
                reached = TurnsEvent(self.turns)
                setattr(cloud.disk, step.moment.split()[0], reached.set)
                reached.wait(_COMMIT_PATIENCE)
                cloud.disk.before = cloud.disk.after = None
            cloud.kill()
            self.history.say(f"{step.cloud} was killed")
            damaged = cloud.damage(step.damage) if step.damage else None
            self.turns.wait(step.down)
            if damaged is not None and cloud.start(self._clock) is not None:
                self.history.count("found: damaged files that kept a cloud from starting")
                self.history.say(f"{step.cloud} did not start over a damaged file; it is put back")
                damaged.put_back()
            if cloud.running is None:
                self._start(cloud)

    def _start(self, cloud: RunningCloud) -> None:
        if (refusal := cloud.start(self._clock)) is not None:
            self.unsettled.append(f"{cloud.cloud} did not start: {refusal}")

    def _advance(self, days: int) -> None:
        """Set the twin's time forward on all clouds, and run what is due."""
        up = [cloud for cloud in self.clouds.values() if cloud.running is not None]
        if not up:
            return
        clock = up[0].clock()
        clock.set(clock.milliseconds + days * _DAY)
        self._clock = up[0].clock_file.read_bytes()
        for cloud in up:
            cloud.clock_file.write_bytes(self._clock)
            self._in(cloud, lambda each: each.run_due())

    # --- the end -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Until no client and no queue waits; then redrive, and move what is due."""
        self._until("clients", lambda: not self.clients.process.tasks)
        self._until("queues", self._is_quiet)
        self.rest.at = self.turns.now
        self.rest.dead_letters = sum(
            sum(1 for page in _letters(cloud.running) for _ in page) for cloud in self.clouds.values() if cloud.running
        )
        for cloud in self.clouds.values():
            self._in(cloud, _redrive)
        self.turns.wait(_LOOK)
        self._until("queues after the redrive", self._is_quiet)
        for kind in _MOVERS:
            self._move(kind)
        self._until("queues after the movers", self._is_quiet)

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = self.turns.now + _LONGEST_SETTLING
        while not condition():
            if self.turns.now > deadline:
                self.unsettled.append(f"{what} did not come to rest in {_LONGEST_SETTLING:,.0f} s")
                return
            self.turns.wait(_LOOK)

    def _is_quiet(self) -> bool:
        return self._waiting() == 0

    def _waiting(self) -> int:
        """Bytes in the queues of the clouds that are up."""
        return sum(cloud.running.backlog.bytes for cloud in self.clouds.values() if cloud.running is not None)

    def _note_waiting(self) -> None:
        self.rest.most_waiting = max(self.rest.most_waiting, self._waiting())

    def _move(self, kind: Kind) -> None:
        found = self._topology.named(kind)
        if found is None or found.cloud not in self.clouds:
            return
        errors: list[TwinError] = []

        def move(each: EmulatedCloud) -> None:
            try:
                while not each.invoke(found.name, {})["finished"]:
                    pass
            except TwinError as error:
                errors.append(error)

        self._in(self.clouds[found.cloud], move)
        self.unsettled += [f"{kind}: {error}" for error in errors]

    def _in(self, cloud: RunningCloud, act: Callable[[EmulatedCloud], object]) -> None:
        """Do something in a cloud's process and wait for it, or for the process's end."""
        if cloud.running is not None:
            self.network.ask(cloud.place, partial(act, cloud.running)).done.wait()


def _redrive(cloud: EmulatedCloud) -> int:
    """Send every letter again that is there now, page by page, as the operator does; returns how many messages."""
    pages = list(_letters(cloud))
    try:
        return sum(cloud.letters.redrive(ids) for ids in pages)
    except (TwinError, OSError, sqlite3.Error):  # of a full disk: the letters stay, and the operator is told
        return 0


def _letters(cloud: EmulatedCloud) -> Iterator[list[str]]:
    """The ids of all dead letters, page by page."""
    after = ""
    while page := [each.id for each in cloud.letters.page(after)]:
        yield page
        after = page[-1]


def _child(chance: random.Random) -> random.Random:
    return random.Random(chance.getrandbits(64))  # noqa: S311 - of a seed


@contextmanager
def quiet_log() -> Iterator[None]:
    """The clouds' log is not part of a proof."""
    log = logging.getLogger("t2mc")
    before = log.propagate, log.level
    silent = logging.NullHandler()
    log.addHandler(silent)
    log.propagate = False
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.removeHandler(silent)
        log.propagate, _ = before
        log.setLevel(before[1])

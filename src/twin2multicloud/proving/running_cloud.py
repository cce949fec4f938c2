"""One simulated cloud, from process to process: its folder, its disk, its wall clock; started, killed, damaged.

Each process works in a folder of its own, a copy of what the last one left: what a process that was killed still does
to its files while its threads end reaches nobody.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.proving.answering import answer
from twin2multicloud.proving.damage import Damage, damage
from twin2multicloud.proving.history import History
from twin2multicloud.proving.network import Network, Site, Way
from twin2multicloud.proving.simulated_machine import Disk, SimulatedMachine, Wall
from twin2multicloud.proving.turns import Process, Turns

MakeMachine = Callable[..., SimulatedMachine]
_CLOSING = 5.0  # seconds that a server gives to requests under way


class RunningCloud:
    """A cloud of a twin. `running` is its process's, None while it is down."""

    def __init__(
        self,
        cloud: Cloud,
        root: Path,
        deployment: LocalDeployment,
        secrets: LocalSecrets,
        turns: Turns,
        network: Network,
        chance: random.Random,
        history: History,
        make_machine: MakeMachine,
    ) -> None:
        self.cloud, self._root, self._deployment, self._secrets = cloud, root, deployment, secrets
        self._turns, self._network, self._chance, self._history = turns, network, chance, history
        self._make_machine = make_machine
        self.disk, self.wall = Disk(), Wall()
        self.running: EmulatedCloud | None = None
        self.process = Process(cloud)
        self.machine: SimulatedMachine | None = None
        self.place = deployment.site(cloud).http_url.removeprefix("http://")
        self.ignored = 0  # publishes to topics that the project says are not read
        self._starts = 0
        self._code = [Path(deployment.folder) / kind for kind in ("processors", "actions")]
        self._here = self._next_folder()
        self._deployment_here.state.make()

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self._deployment_here.state.process(self.cloud)

    def start(self, clock: bytes | None) -> str | None:
        """Start a process; why it did not start, None where it did. `clock`: the settings of the twin's time."""
        deployment = self._deployment_here
        if clock is not None:
            deployment.state.clock.write_bytes(clock)
        self.process = Process(f"{self.cloud}-{self._starts}")
        self.machine = machine = self._make_machine(
            self._turns, self.process, self.disk, self.wall, self._child_chance(), Way(self._network, self.place)
        )
        try:
            running = EmulatedCloud(deployment, self._secrets, self.cloud, machine)
        except (TwinError, OSError, sqlite3.Error) as error:
            self._turns.kill(self.process)
            return str(error)
        self.running = running
        self._network.sites[self.place] = Site(
            self.process, lambda request: answer(running, machine, request), under_way=[]
        )
        return None

    def stop(self) -> None:
        """`t2mc down`."""
        if self.running is None:
            return
        self.process.stopped = False
        running, self.running = self.running, None
        self._turns.wait(_CLOSING)
        self._network.close(self.place)
        self.ignored += running.ingress.ignored
        running.close()
        self._turns.kill(self.process)
        self._move_on()

    def kill(self) -> None:
        """SIGKILL: what is on the disk stays, and nothing else."""
        if self.running is None:
            return
        self.ignored += self.running.ingress.ignored
        before = self._here
        self._move_on(keep=True)
        self._network.close(self.place)
        self._turns.kill(self.process)
        self.running = None
        shutil.rmtree(before, ignore_errors=True)

    def damage(self, how: str) -> Damage | None:
        """Damage a write-ahead log while it is down; None where there is none."""
        done = damage(self.data, how, self._chance)
        if done is not None:
            self._history.say(f"{self.cloud}: {done.sentence}")
        return done

    def clock(self) -> VirtualClock:
        """The time of the twin, as this cloud has it."""
        assert self.running is not None, self.cloud  # noqa: S101 - asked of one that is up
        return self.running.clock

    @property
    def clock_file(self) -> Path:
        """The file with the settings of the twin's time."""
        return self._deployment_here.state.clock

    @property
    def _deployment_here(self) -> LocalDeployment:
        return msgspec.structs.replace(self._deployment, folder=str(self._here))

    def _move_on(self, *, keep: bool = False) -> None:
        """The next process works in a copy of what there is now."""
        before, self._here = self._here, self._next_folder()
        ignored = shutil.ignore_patterns("*-shm")
        shutil.copytree(before / ".t2mc", self._here / ".t2mc", ignore=ignored)
        if not keep:
            shutil.rmtree(before, ignore_errors=True)

    def _next_folder(self) -> Path:
        self._starts += 1
        folder = self._root / f"{self.cloud}-{self._starts}"
        folder.mkdir()
        for code in self._code:
            if code.is_dir():
                (folder / code.name).symlink_to(code.resolve())
        return folder

    def _child_chance(self) -> random.Random:
        return random.Random(self._chance.getrandbits(64))  # noqa: S311 - of a seed

"""A twin on emulated clouds for the time of a ``with``: for tests and notebooks. Prints nothing and removes its data.

It runs in a temporary folder of its own, so that the project's own twin (`t2mc up`) is not disturbed.
"""

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.host.deployment import LocalDeployment
from twin2multicloud.emulator.host.status import CloudStatus
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.hosting.user_code import action_names, processor_names
from twin2multicloud.operations.bring_up import bring_up, take_down
from twin2multicloud.operations.checks import wait_until_settled
from twin2multicloud.operations.dead_letters import Selection, TwinLetters
from twin2multicloud.operations.extras import require
from twin2multicloud.operations.twin import ReadableTwin, properties_of
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.topology import Topology
from twin2multicloud.project.loader import Project, load_project, with_code_in


class Emulation(ReadableTwin):
    """A project, its folder or a bare `Twin` on emulated clouds: real processes, sockets and disks, no account.

    The clouds start with the ``with`` and end with it, their data too. A bare twin may name no processors: their code
    is in a project's folder. Needs the extra ``local``. Raises InvalidProjectError for an invalid project,
    ConfigurationError where something is missing, TwinError where a cloud does not start or answer.

    >>> with Emulation("examples/smart-home") as running:
    ...     running.publish("front-door", {"open": True, "timestamp": "2026-01-15T10:30:00Z"})
    ...     running.settle()
    ...     running.latest("front-door", "open")
    1
    {'open': ('2026-01-15T10:30:00.000Z', True)}
    """

    def __init__(self, twin: Project | Twin | Path | str) -> None:
        self.project = _project_of(twin)
        self._started: tuple[LocalDeployment, TwinClient] | None = None
        self._end = ExitStack()

    def __enter__(self) -> Self:
        """Start the clouds, in a second or two."""
        require("paho")
        if self._started is not None:
            raise TwinError(
                f"{self.project.twin.name} is already running; use another Emulation to run it a second time"
            )
        with ExitStack() as undo:
            folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="t2mc-")))
            deployment = bring_up(with_code_in(self.project, folder), lambda _: None, dashboard=False)
            undo.callback(take_down, deployment)
            client = TwinClient(deployment)
            undo.callback(client.close)
            self._started, self._end = (deployment, client), undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clouds and remove their data."""
        self._started = None
        self._end.close()

    @property
    def catalog(self) -> DeviceCatalog:
        """The twin's devices."""
        return self.project.twin.catalog

    @property
    def topology(self) -> Topology:
        """What was planned for the twin."""
        return self._deployment.topology

    @property
    def urls(self) -> dict[str, str]:
        """The URL of every endpoint in the plan, by component."""
        return {each.component: self._deployment.url_of(each.component) for each in self.topology.endpoints}

    def publish(self, device: str, *readings: Mapping[str, Any]) -> int:
        """Publish readings of a device over MQTT; how many were acknowledged, which is all of them.

        A reading has the values by property, and a ``timestamp`` unless it is of now. What L1 acknowledged is durable;
        `settle` waits until it is processed and stored. Raises TwinError where a reading is not acknowledged.
        """
        from twin2multicloud.operations.readings import publish  # imports the MQTT client

        properties_of(self.catalog, device)
        source = ({"device_id": device} | {**reading, "device_id": device} for reading in readings)
        return publish(self._deployment, source, speed=None)

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until all that was published is stored, dropped or in the dead letters.

        Raises TwinError where that takes more than `timeout` seconds.
        """
        statuses = wait_until_settled(self._client, timeout, time.sleep, time.monotonic)
        waiting = sum(queue.waiting for status in statuses for queue in status.queues)
        dark = ", ".join(status.cloud for status in statuses if not status.running)
        if dark or waiting:
            raise TwinError(
                f"not settled after {timeout:g} s: {f'{dark} down' if dark else f'{waiting} messages wait'}"
            )

    def status(self) -> tuple[CloudStatus, ...]:
        """The status of every cloud in use: functions, queues, endpoints and counts."""
        return self._client.statuses()

    @property
    def dead_letters(self) -> int:
        """How many messages are in the dead letters of all clouds, those of L1 included."""
        return sum(each.dead_letters for each in self.status())

    @property
    def letters(self) -> TwinLetters:
        """The dead letters of every cloud: to look at, send again or drop."""
        return self._client.letters

    def redrive(self) -> int:
        """Redrive the dead letters of every cloud; returns how many messages."""
        return sum(each.messages for each in self.letters.redrive(Selection()))

    @property
    def _deployment(self) -> LocalDeployment:
        return self._running[0]

    @property
    def _client(self) -> TwinClient:
        return self._running[1]

    @property
    def _running(self) -> tuple[LocalDeployment, TwinClient]:
        if self._started is None:
            raise TwinError(f"{self.project.twin.name} is not running: use `with Emulation(…) as running:`")
        return self._started

    @property
    def readers(self) -> HotReaders:
        """See `ReadableTwin`."""
        return self._client


def _project_of(twin: Project | Twin | Path | str) -> Project:
    if isinstance(twin, Project):
        return twin
    if not isinstance(twin, Twin):
        return load_project(Path(twin))
    if names := ", ".join(processor_names(twin.catalog)):
        raise ConfigurationError(f"{twin.name} names processors ({names}), but a bare twin has none; pass its project")
    if twin.enable_events and (names := ", ".join(action_names(twin.events))):
        raise ConfigurationError(f"{twin.name} names actions ({names}), but a bare twin has none; pass its project")
    return Project(folder=Path(), twin=twin, notes=(), processors={})

"""What a function needs and every cloud has alike: time, chance, log, HTTP, the twin's data. Knows no SDK.

The three `wiring.py` add what is a cloud's own. Nothing is made or imported before it is asked for: a cold start pays
for it, and a bundle carries what its function asks for (`packaging.sources`).
"""

from __future__ import annotations

import random
import time
from functools import cached_property
from typing import TYPE_CHECKING

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_milliseconds

if TYPE_CHECKING:
    from twin2multicloud.domain.device import DeviceCatalog
    from twin2multicloud.domain.event_rule import EventRule
    from twin2multicloud.domain.hierarchy import Hierarchy
    from twin2multicloud.functions.events.event_action import FindAction
    from twin2multicloud.functions.processing.processor import FindProcessor
    from twin2multicloud.hosting.bundled import BundledTwin
    from twin2multicloud.ports.clock import Chance, Clock
    from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
    from twin2multicloud.ports.device_ingress import DeviceIngress
    from twin2multicloud.ports.invocation import Invocation
    from twin2multicloud.ports.transport import Transport
    from twin2multicloud.ports.twin_graph import TwinGraph
    from twin2multicloud.wire.environment import Environment


class SystemClock:
    """This machine's time."""

    def now(self) -> str:
        """See `ports.clock.Clock.now`."""
        return from_milliseconds(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        """See `ports.clock.Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `ports.clock.Clock.sleep`."""
        time.sleep(seconds)


class CommonPorts:
    """The part of `functions.wiring.Ports` that is the same on every cloud."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    @cached_property
    def clock(self) -> Clock:
        """This machine's clock."""
        return SystemClock()

    @cached_property
    def chance(self) -> Chance:
        """For jitter and trace ids; never for secrets."""
        return random.Random()  # noqa: S311 - see above

    @cached_property
    def transport(self) -> Transport:
        """HTTPS to the other clouds."""
        from twin2multicloud.wire.http_transport import HttpTransport

        return HttpTransport()

    @property
    def catalog(self) -> DeviceCatalog:
        """The twin's devices, out of the bundle."""
        return self._twin_data.catalog

    @property
    def hierarchy(self) -> Hierarchy:
        """The twin's hierarchy, out of the bundle."""
        return self._twin_data.hierarchy

    @property
    def functions(self) -> Invocation:
        """See `functions.wiring.Ports`. Raises ConfigurationError where none of our functions calls another."""
        raise ConfigurationError("no function on this cloud calls another one natively")

    @cached_property
    def find_processor(self) -> FindProcessor | None:
        """The user's code, out of the bundle."""
        from twin2multicloud.hosting.bundled import find_processor

        return find_processor(self.catalog)

    @property
    def rules(self) -> tuple[EventRule, ...]:
        """The twin's event rules, out of the bundle."""
        return self._twin_data.rules

    @cached_property
    def find_action(self) -> FindAction:
        """The user's actions, out of the bundle."""
        from twin2multicloud.hosting.bundled import find_action

        return find_action(self.rules)

    def authenticator(self, registry: str) -> DeviceAuthenticator:
        """See `functions.wiring.Ports`."""
        raise ConfigurationError(f"{registry}: this cloud's device service keeps its own device registry")

    def ingress(self, topic: str) -> DeviceIngress:
        """See `functions.wiring.Ports`."""
        raise ConfigurationError(f"{topic}: this cloud's device service starts the dispatcher")

    def twin_graph(self, name: str) -> TwinGraph:
        """See `functions.wiring.Ports`."""
        raise ConfigurationError(f"{name}: this cloud's twin service is not written to")

    def log(self, line: str) -> None:
        """Every cloud keeps what a function prints."""
        print(line, flush=True)  # noqa: T201 - see above

    @cached_property
    def _twin_data(self) -> BundledTwin:
        from twin2multicloud.hosting.bundled import load_twin

        return load_twin()

"""A whole twin in memory: the topology, every function wired from its own environment, queues pumped by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from tests.rigs.clouds import ALL
from tests.rigs.hot_store import RigHotStore
from tests.rigs.object_store import RigObjectStore
from tests.rigs.ports import RigPorts
from tests.rigs.transport import ServedTransport
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.twin import Twin
from twin2multicloud.functions.processing.processor import FindProcessor
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.functions.wiring import FUNCTIONS, wire
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.services import is_wired
from twin2multicloud.planning.topology import Component, ValueKind
from twin2multicloud.ports.dead_letters import Unread

TOKEN = "the-token"
_DAY = 86_400


def resolved(component: Component) -> dict[str, str]:
    """A component's environment as a deployment would fill it in; resources are known by their component's id."""
    filled = {ValueKind.URL: "https://{}.example", ValueKind.TOKEN: TOKEN + "{}", ValueKind.RESOURCE: "{}"}
    return {each.name: filled.get(each.kind, "{}").format(each.value) for each in component.environment}


def run_records(function: Function, bodies: list[bytes]) -> list[int]:
    """Deliver records to a function; the places of those that failed."""
    failed: list[int] = function.run(Trigger.QUEUE, bodies)
    return failed


class World:
    """One twin on its clouds. What crosses clouds goes through `transport`; nothing else connects them."""

    def __init__(self, twin: Twin, find_processor: FindProcessor | None = None) -> None:
        self.topology = plan(twin)
        self.transport = ServedTransport()
        self.ports = {
            cloud: RigPorts(
                catalog=twin.catalog,
                hierarchy=twin.hierarchy,
                find_processor=find_processor,
                transport=self.transport,
            )
            for cloud in ALL
        }
        self.functions: dict[str, Function] = {
            each.id: wire(each.name, resolved(each), self.ports[each.cloud])
            for each in self.topology.components
            if is_wired(each) and each.name in FUNCTIONS
        }
        for each in self.topology.components:
            if each.id in self.functions and Trigger.CALL in self.functions[each.id].handlers:
                self.ports[each.cloud].calls[each.id] = partial(self.functions[each.id].run, Trigger.CALL)
        for end in self.topology.endpoints:
            if end.component in self.functions:
                self.transport.served[f"https://{end.component}.example"] = partial(
                    self.functions[end.component].run, Trigger.HTTP
                )

    @contextmanager
    def broken_after(self, calls: int) -> Iterator[None]:
        """Functions die with a call of a store: after so many of them, none is answered any more."""
        left = calls

        def burn() -> None:
            nonlocal left
            if left <= 0:
                raise RetryableError("the function is dead")
            left -= 1

        stores: list[RigHotStore | RigObjectStore] = []
        for ports in self.ports.values():
            stores += [*ports.stores.values(), *ports.objects.values()]
        for store in stores:
            store.fuse = burn
        yield
        for store in stores:
            store.fuse = lambda: None

    def named(self, name: str) -> Function:
        found = self.topology.named(name)
        assert found is not None, name
        return self.functions[found.id]

    def run_schedule(self, name: str) -> None:
        """Start a function by its schedule, in a process that has had no turn since yesterday: for the whole rota."""
        component = self.topology.named(name)
        assert component is not None, name
        ports = self.ports[component.cloud]
        ports.clock.advance(-_DAY)
        function = wire(name, resolved(component), ports)
        ports.clock.advance(_DAY)
        function.run(Trigger.SCHEDULE)

    def publish(self, *payloads: object, device_id: str | None = None) -> None:
        """Devices publish; then everything runs until every queue is empty."""
        self.named("dispatcher").run(
            Trigger.DEVICE, [RawReading(msgspec.json.encode(each), device_id) for each in payloads]
        )
        self.pump()

    def pump(self, deliver: Callable[[Function, list[bytes]], list[int]] = run_records) -> None:
        """Deliver what is queued until nothing is. What fails stays queued, for the next pump."""
        while any(self._deliver(ports, deliver) for ports in self.ports.values()):
            pass

    def _deliver(self, ports: RigPorts, deliver: Callable[[Function, list[bytes]], list[int]]) -> int:
        handled = 0
        for queue, bodies in list(ports.invoker.queues.items()):
            if bodies and queue in self.functions:
                ports.invoker.queues[queue] = []
                failed = deliver(self.functions[queue], bodies)
                ports.invoker.queues[queue] += [bodies[index] for index in failed]
                handled += len(bodies) - len(failed)
        return handled

    @property
    def store(self) -> RigHotStore:
        found = self.topology.named("hot-store")
        assert found is not None
        return self.ports[found.cloud].stores[found.id]

    def stored(self, device_id: str) -> dict[str, dict[str, Any]]:
        """What the hot store has of a device, by message id."""
        return {key.message_id: dict(values) for key, values in self.store.rows.get(device_id, {}).items()}

    def error_codes(self) -> set[str]:
        return {code for ports in self.ports.values() for code in ports.errors.codes}

    def dead_letters(self) -> list[str]:
        """The message ids of the readings in all dead-letter queues."""
        return [
            letter.message.key.message_id
            for ports in self.ports.values()
            for queue in ports.queues.values()
            for letter in queue.letters
            if isinstance(letter.message, Reading)
        ]

    def unread(self) -> list[tuple[bytes, str]]:
        """The bytes of what was refused as it came, with the reasons."""
        return [
            (letter.message.body, letter.error)
            for ports in self.ports.values()
            for queue in ports.queues.values()
            for letter in queue.letters
            if isinstance(letter.message, Unread)
        ]

    def waiting(self) -> int:
        """How many records wait in the queues of functions."""
        return sum(len(bodies) for ports in self.ports.values() for bodies in ports.invoker.queues.values())

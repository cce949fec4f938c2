"""What stands in for a cloud's ``wiring.py`` in a bundle under test: the same functions, over ports that only record.

Runs inside the runtime, so nothing in it may need more than the bundle and the rigs; and a bundle carries what its own
function asks its ports for, so that each port is imported when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from tests.rigs.readings import flat, readings
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ErrorEvent, RetryableError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions import reporting
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import wire

if TYPE_CHECKING:
    from tests.rigs.device_gateway import RigAuthenticator
    from tests.rigs.error_store import RigErrorStore
    from tests.rigs.event_store import RigEventStore
    from tests.rigs.object_store import RigObjectStore
    from tests.rigs.transport import ServedTransport
    from twin2multicloud.domain.device import DeviceCatalog
    from twin2multicloud.domain.event_rule import EventRule
    from twin2multicloud.domain.hierarchy import Hierarchy
    from twin2multicloud.functions.events.event_action import FindAction
    from twin2multicloud.functions.processing.processor import FindProcessor
    from twin2multicloud.hosting.bundled import BundledTwin
    from twin2multicloud.ports.dead_letters import DeadLetter
    from twin2multicloud.ports.hot_store import HotStore
    from twin2multicloud.ports.twin_graph import Measured, TwinState

EFFECTS = "RIG_EFFECTS"
"""The variable with the file that every effect is appended to, as a line of JSON."""

ON_SCHEDULE = "RIG_ON_SCHEDULE"
"""Where this variable is set, what runs is no function of ours but one that notes when it was started."""

FAILS = "fails"
"""While a file of this name stands beside the effects, that one fails."""

SEED = "seed.json"
"""The file beside it with what the hot store holds from the start."""

KEYS = {"sensor-1": "key-1", "room:1": "key-2"}
"""The devices that the authenticator knows, and their keys."""

Note = Callable[[str, str, object], None]


def handler(name: str, env: Mapping[str, str]) -> Any:
    """See each cloud's ``wiring.handler``."""
    reporting.EVENTS_A_MINUTE = sys.maxsize  # what was held back would depend on how often each cloud starts a function
    runtime = import_module(f"twin2multicloud.clouds.{env['CLOUD']}.runtime")
    ports = RecordingPorts(Path(env[EFFECTS]))
    return runtime.expose(_scheduled(ports) if ON_SCHEDULE in env else wire(name, env, ports))


def _scheduled(ports: RecordingPorts) -> Function:
    """None of ours has a schedule yet; the trigger has to be right before one does."""
    reporter = Reporter(sink=ports.errors, clock=ports.clock, twin="house", cloud=AWS, component="scheduled")
    handlers = {Trigger.SCHEDULE: lambda _: ports.note_the_time()}
    return Function(name="scheduled-function", reporter=reporter, handlers=handlers)


class RecordingPorts:
    """Implements `functions.wiring.Ports`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.clock, self.chance = RigClock(), RigChance()
        self.errors, self.invoker = _Errors(self._note), _Invoker(self._note)

    @property
    def functions(self) -> RecordingPorts:
        return self

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A native call of another function: noted, and answered with nothing."""
        self._note("call", function, dict(arguments))
        return {"propertyValues": {}}

    @cached_property
    def _twin(self) -> BundledTwin:
        from twin2multicloud.hosting.bundled import load_twin

        return load_twin()

    @property
    def catalog(self) -> DeviceCatalog:
        return self._twin.catalog

    @property
    def hierarchy(self) -> Hierarchy:
        return self._twin.hierarchy

    @property
    def find_processor(self) -> FindProcessor | None:
        from twin2multicloud.hosting.bundled import find_processor

        return find_processor(self.catalog)

    @property
    def rules(self) -> tuple[EventRule, ...]:
        return self._twin.rules

    @property
    def find_action(self) -> FindAction:
        from twin2multicloud.hosting.bundled import find_action

        return find_action(self.rules)

    @cached_property
    def transport(self) -> ServedTransport:
        from tests.rigs.transport import ServedTransport

        return ServedTransport()

    def dead_letters(self, queue: str) -> _DeadLetters:
        return _DeadLetters(self._note, queue)

    def object_store(self, name: str, *, archive: bool = False) -> RigObjectStore:
        from tests.rigs.object_store import RigObjectStore

        return RigObjectStore()

    def hot_store(self, name: str) -> _Store:
        from tests.rigs.hot_store import RigHotStore

        store = RigHotStore()
        store.write(readings(msgspec.json.decode((self._file.parent / SEED).read_bytes())))
        return _Store(self._note, store)

    def error_store(self, name: str) -> RigErrorStore:
        from tests.rigs.error_store import RigErrorStore

        return RigErrorStore()

    def event_store(self, name: str) -> RigEventStore:
        from tests.rigs.event_store import RigEventStore

        return RigEventStore()

    def twin_graph(self, name: str) -> _Graph:
        return _Graph(self._note)

    def authenticator(self, registry: str) -> RigAuthenticator:
        from tests.rigs.device_gateway import RigAuthenticator

        return RigAuthenticator("house", KEYS)

    def ingress(self, topic: str) -> _Ingress:
        return _Ingress(self._note, topic)

    def log(self, line: str) -> None:
        self._note("log", "", line)

    def note_the_time(self) -> None:
        if (self._file.parent / FAILS).exists():
            raise RetryableError("told to fail")
        self._note("ran", "", self.clock.now())

    def _note(self, kind: str, where: str, what: object) -> None:
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode([kind, where, what]) + b"\n")


class _Errors:
    def __init__(self, note: Note) -> None:
        self._note = note

    def report(self, event: ErrorEvent) -> None:
        self._note("error", event.component, [event.severity, event.error_code, event.message])


class _Invoker:
    def __init__(self, note: Note) -> None:
        self._note = note

    def invoke(self, function: str, messages: Sequence[Reading], trace_id: str) -> None:
        for message in messages:  # how many came at a time is the cloud's own business; the trace is not
            self._note("queued", function.partition(".")[2], {"trace_id": trace_id, **flat(message)})


class _Ingress:
    def __init__(self, note: Note, topic: str) -> None:
        self._note, self._topic = note, topic

    def take(self, device_id: str, payload: bytes) -> None:
        self._note("taken", self._topic, [device_id, payload])


class _DeadLetters:
    def __init__(self, note: Note, queue: str) -> None:
        self._note, self._queue = note, queue.partition(".")[2]

    def put(self, dead_letters: Sequence[DeadLetter]) -> None:
        for letter in dead_letters:
            message = letter.message
            kept = flat(message) if isinstance(message, Reading) else message.body.decode(errors="replace")
            self._note("dead", self._queue, [kept, letter.error])


class _Graph:
    def __init__(self, note: Note) -> None:
        self._note = note

    def state(self, twin_id: str) -> TwinState:
        from twin2multicloud.ports.twin_graph import TwinState

        return TwinState("0")

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:
        self._note("updated", twin_id, {name: each.value for name, each in values.items()})
        return f"{version}1"


class _Store:
    def __init__(self, note: Note, store: HotStore) -> None:
        self._note, self._store = note, store
        self.range, self.last, self.measured = store.range, store.last, store.measured
        self.oldest, self.delete, self.erase = store.oldest, store.delete, store.erase

    def write(self, readings: Sequence[Reading]) -> None:
        self._store.write(readings)
        for reading in readings:
            self._note("stored", "", flat(reading))

"""Everything a function may need, in memory: the `Ports` of one cloud."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.dead_letters import RigDeadLetters
from tests.rigs.device_gateway import RigAuthenticator, RigIngress
from tests.rigs.error_sink import RigErrorSink
from tests.rigs.error_store import RigErrorStore
from tests.rigs.event_store import RigEventStore
from tests.rigs.hot_store import RigHotStore
from tests.rigs.invoker import RigInvoker
from tests.rigs.object_store import RigObjectStore
from tests.rigs.transport import ServedTransport
from tests.rigs.twin_graph import RigTwinGraph
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.emulator.adapters.native_calls import LocalCalls
from twin2multicloud.emulator.adapters.wiring import no_action
from twin2multicloud.functions.events.event_action import FindAction
from twin2multicloud.functions.processing.processor import FindProcessor


class RigPorts:
    """Implements `functions.wiring.Ports`. Stores and queues are made when they are first asked for, by name."""

    def __init__(
        self,
        *,
        catalog: DeviceCatalog | None = None,
        hierarchy: Hierarchy | None = None,
        find_processor: FindProcessor | None = None,
        transport: ServedTransport | None = None,
        rules: tuple[EventRule, ...] = (),
        find_action: FindAction = no_action,
    ) -> None:
        self.clock = RigClock()
        self.chance = RigChance()
        self.errors = RigErrorSink()
        self.invoker = RigInvoker()
        self.transport = transport or ServedTransport()
        self.catalog = catalog or DeviceCatalog()
        self.hierarchy = hierarchy or Hierarchy()
        self.find_processor = find_processor
        self.rules, self.find_action = rules, find_action
        self.calls: dict[str, Callable[[Any], Any]] = {}
        self.functions = LocalCalls(self.calls)
        self.lines: list[str] = []
        self.queues: dict[str, RigDeadLetters] = defaultdict(RigDeadLetters)
        self.stores: dict[str, RigHotStore] = defaultdict(RigHotStore)
        self.graphs: dict[str, RigTwinGraph] = defaultdict(RigTwinGraph)
        self.objects: dict[str, RigObjectStore] = {}
        self.error_tables: dict[str, RigErrorStore] = defaultdict(RigErrorStore)
        self.event_tables: dict[str, RigEventStore] = defaultdict(RigEventStore)
        self.keys: dict[str, str] = {}
        self.ingresses: dict[str, RigIngress] = defaultdict(RigIngress)

    def dead_letters(self, queue: str) -> RigDeadLetters:
        return self.queues[queue]

    def hot_store(self, name: str) -> RigHotStore:
        return self.stores[name]

    def object_store(self, name: str, *, archive: bool = False) -> RigObjectStore:
        return self.objects.setdefault(name, RigObjectStore(self.objects))

    def error_store(self, name: str) -> RigErrorStore:
        return self.error_tables[name]

    def event_store(self, name: str) -> RigEventStore:
        return self.event_tables[name]

    def twin_graph(self, name: str) -> RigTwinGraph:
        return self.graphs[name]

    def authenticator(self, registry: str) -> RigAuthenticator:
        return RigAuthenticator("house", self.keys)

    def ingress(self, topic: str) -> RigIngress:
        return self.ingresses[topic]

    def log(self, line: str) -> None:
        self.lines.append(line)

"""The two telemetry writers there are, over an in-memory store: the store itself, and the hot-writer far away."""

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.hot_store import RigHotStore
from tests.rigs.transport import ServedTransport
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.functions.storage.hot_writer import HotWriter
from twin2multicloud.functions.storage.store_writer import StoreWriter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.sender import Sender

URL = "https://hot-writer.example/hot-writer"
TOKEN = "the-token"


class LocalWriterRig:
    """A persister's writer where L2 and L3-hot are on one cloud."""

    def __init__(self) -> None:
        self.store = RigHotStore()
        self.writer: TelemetryWriter = StoreWriter(self.store)

    def settle(self) -> None:
        """Wait until what was written is durable and can be read."""


class RemoteWriterRig:
    """A persister's writer where they are not: envelope, token, gzip, retries and the real hot-writer in between."""

    def __init__(self) -> None:
        self.store = RigHotStore()
        handler = HotWriter(tokens=[TOKEN], writer=StoreWriter(self.store), clock=RigClock())
        function = Function(name="hot-writer", reporter=reporter(RigErrorSink()), on_http=handler)
        self.transport = ServedTransport()
        self.transport.served[URL] = function.answer
        self.clock = RigClock()
        self.writer: TelemetryWriter = Sender(
            url=URL,
            token=TOKEN,
            source_cloud=Cloud.AWS,
            target_layer=Slot.L3_HOT,
            transport=self.transport,
            clock=self.clock,
            chance=RigChance(),
        )

    def settle(self) -> None:
        """Wait until what was written is durable and can be read."""

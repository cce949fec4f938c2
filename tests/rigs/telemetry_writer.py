"""The two telemetry writers there are: the store's own, and the hot-writer on another cloud, behind a sender.

In memory here; over the emulator's store, on a disk and a socket, in `emulated.py`. Their `store` fails when told to.
"""

from functools import partial

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from tests.rigs.error_sink import RigErrorSink, reporter
from tests.rigs.hot_store import RigHotStore
from tests.rigs.transport import Serve, ServedTransport
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.endpoint import WriterEndpoint
from twin2multicloud.functions.triggers import Function, Handler
from twin2multicloud.functions.writers import StoreWriter
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.ports.transport import Transport
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
        self.transport = ServedTransport()
        self.writer: TelemetryWriter = sender(URL, self.transport)
        self.transport.served[URL] = hot_writer(self.store)

    def settle(self) -> None:
        """Wait until what was written is durable and can be read."""


def hot_writer(store: HotStore) -> Serve:
    """The endpoint in front of a store."""
    handler = WriterEndpoint(tokens=[TOKEN], layer=Slot.L3_HOT, writer=StoreWriter(store), clock=RigClock())
    return served(handler)


def served(handler: Handler) -> Serve:
    """An HTTP handler as its function answers."""
    function = Function(name="endpoint", reporter=reporter(RigErrorSink()), handlers={Trigger.HTTP: handler})
    return partial(function.run, Trigger.HTTP)


def sender(url: str, transport: Transport) -> Sender:
    """What posts to it; it waits on no real clock."""
    return Sender(
        url=url,
        token=TOKEN,
        source_cloud=AWS,
        target_layer=Slot.L3_HOT,
        transport=transport,
        clock=RigClock(),
        chance=RigChance(),
    )

"""The emulator's adapters on a disk and a socket of their own, as rigs for the contract suites."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server

import msgspec

from tests.rigs.clock import RigClock
from tests.rigs.clouds import AWS
from tests.rigs.dead_letters import letters_in
from tests.rigs.hot_store import FailingHotStore
from tests.rigs.telemetry_writer import hot_writer, sender
from tests.rigs.transport import Serve
from twin2multicloud.domain.errors import ErrorEvent
from twin2multicloud.emulator.adapters.dead_letters import JournalDeadLetters
from twin2multicloud.emulator.adapters.error_sink import JournalErrorSink
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.adapters.invoker import JournalInvoker
from twin2multicloud.emulator.adapters.object_store import FolderObjectStore
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal, Record
from twin2multicloud.functions.writers import StoreWriter
from twin2multicloud.ports.dead_letters import DeadLetter
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.http_transport import HttpTransport

QUEUES = {"house-processor", "house-persister"}


class _Settling:
    """Waits as the emulator's host does: for every group that was staged on this thread."""

    def __init__(self) -> None:
        self.staged = Staged()

    def settle(self) -> None:
        for group in self.staged.take():
            group.wait()


class EmulatedHotStoreRig(_Settling):
    """See `tests.rigs.hot_store.HotStoreRig`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.table = SqliteTable(folder / "hot.sqlite", self.staged)
        self.store = hot_store(self.table)


@contextmanager
def emulated_hot_store(folder: Path) -> Iterator[EmulatedHotStoreRig]:
    rig = EmulatedHotStoreRig(folder)
    yield rig
    rig.table.close()


class EmulatedInvokerRig(_Settling):
    """See `tests.rigs.invoker.InvokerRig`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.journal = Journal(folder / "journal.sqlite")
        self._records: list[Record] = []
        self.journal.start(self._records.extend)
        self.invoker = JournalInvoker(AWS, self.journal, self.staged, QUEUES)

    def delivered(self, function: str) -> list[bytes]:
        return [record.body for record in self._records if record.queue == function]


@contextmanager
def emulated_invoker(folder: Path) -> Iterator[EmulatedInvokerRig]:
    rig = EmulatedInvokerRig(folder)
    yield rig
    rig.journal.close()


class EmulatedDeadLettersRig(_Settling):
    """See `tests.rigs.dead_letters.DeadLettersRig`. Letters are read back from the file, as a redrive would."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / "journal.sqlite"
        self.journal = Journal(self._path)
        self.died = 0
        self.dead_letters = JournalDeadLetters(
            "l1-to-l2-dead-letters", "house-processor", AWS, self.journal, self.staged, self._count
        )

    def _count(self, messages: int) -> None:
        self.died += messages

    def kept(self) -> list[DeadLetter]:
        db = sqlite3.connect(self._path)
        records = [body for (body,) in db.execute("SELECT body FROM dead_letters ORDER BY id")]
        db.close()
        return letters_in(records)


@contextmanager
def emulated_dead_letters(folder: Path) -> Iterator[EmulatedDeadLettersRig]:
    rig = EmulatedDeadLettersRig(folder)
    yield rig
    rig.journal.close()


class _Lines(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class EmulatedErrorSinkRig:
    """See `tests.rigs.error_sink.ErrorSinkRig`. A mark behind a report is waited for."""

    def __init__(self, folder: Path) -> None:
        self._handler, log = _Lines(), logging.Logger("rig")
        log.addHandler(self._handler)
        self._path = folder / "journal.sqlite"
        self.journal, self.broken = Journal(self._path), _broken_journal(folder / "broken.sqlite")
        self.sink, self.lost = JournalErrorSink(self.journal, log), JournalErrorSink(self.broken, log)

    @property
    def logged(self) -> list[str]:
        with suppress(sqlite3.Error):
            self.broken.report(b"null").wait()
        return self._handler.lines

    def received(self) -> list[ErrorEvent]:
        self.journal.report(b"null").wait()
        db = sqlite3.connect(self._path)
        found = [body for (body,) in db.execute("SELECT body FROM errors ORDER BY id") if body != b"null"]
        db.close()
        return [msgspec.json.decode(body, type=ErrorEvent) for body in found]


def _broken_journal(path: Path) -> Journal:
    """A journal that can keep no error event."""
    journal = Journal(path)
    db = sqlite3.connect(path)
    db.execute("DROP TABLE errors")
    db.close()
    return journal


@contextmanager
def emulated_error_sink(folder: Path) -> Iterator[EmulatedErrorSinkRig]:
    rig = EmulatedErrorSinkRig(folder)
    yield rig
    rig.journal.close()
    rig.broken.close()


class _Handler(BaseHTTPRequestHandler):
    """Answers with the function that the server has under the request's path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.served[self.path](Request("POST", self.path, headers, body))
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name.title(), value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served: dict[str, Serve] = {}


class HttpTransportRig:
    """See `tests.rigs.transport.TransportRig`: the transport that ships, over real sockets."""

    def __init__(self, server: _Server) -> None:
        self.transport = HttpTransport()
        self._server = server
        self._mute = create_server(("127.0.0.1", 0))  # accepts, and never answers

    def serve(self, answer: Serve) -> str:
        path = f"/endpoint-{len(self._server.served)}"
        self._server.served[path] = answer
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def silent(self) -> str:
        return f"http://127.0.0.1:{self._mute.getsockname()[1]}/"

    def dark(self) -> str:
        with create_server(("127.0.0.1", 0)) as closed:
            return f"http://127.0.0.1:{closed.getsockname()[1]}/"

    def close(self) -> None:
        self.transport.close()
        self._mute.close()


@contextmanager
def http_transport(_: Path) -> Iterator[HttpTransportRig]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    rig = HttpTransportRig(server)
    yield rig
    rig.close()
    server.shutdown()
    thread.join()
    server.server_close()


class EmulatedObjectStoreRig:
    """See `tests.rigs.object_store`. An archived object of `archive` takes twelve hours to come back."""

    def __init__(self, folder: Path) -> None:
        self.clock = RigClock()
        self.other_name = "cold"
        self.other = FolderObjectStore(folder / "cold", self.clock, folder.joinpath, None)
        self.store = FolderObjectStore(folder / "store", self.clock, folder.joinpath, None)
        self.archive = FolderObjectStore(folder / "archive", self.clock, folder.joinpath, 12)


@contextmanager
def emulated_object_store(folder: Path) -> Iterator[EmulatedObjectStoreRig]:
    yield EmulatedObjectStoreRig(folder)


class EmulatedWriterRig:
    """See `tests.rigs.telemetry_writer`. Before the emulator's store stands one that fails when it is told to."""

    def __init__(self, emulated: EmulatedHotStoreRig) -> None:
        self.store, self.settle = FailingHotStore(emulated.store), emulated.settle
        self.writer: TelemetryWriter = StoreWriter(self.store)


@contextmanager
def emulated_local_writer(folder: Path) -> Iterator[EmulatedWriterRig]:
    with emulated_hot_store(folder) as emulated:
        yield EmulatedWriterRig(emulated)


@contextmanager
def emulated_remote_writer(folder: Path) -> Iterator[EmulatedWriterRig]:
    """Over a real socket. As in the emulator's host, an answer leaves when all that its thread staged is durable."""
    with emulated_hot_store(folder) as emulated, http_transport(folder) as http:
        rig = EmulatedWriterRig(emulated)
        answer = hot_writer(rig.store)

        def when_durable(request: Request) -> Reply:
            reply = answer(request)
            emulated.settle()
            return reply

        rig.writer = sender(http.serve(when_durable), http.transport)
        yield rig

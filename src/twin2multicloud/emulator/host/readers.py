"""The process of a cloud's readers, beside the cloud's own: reading takes no time from ingestion. Owns both ends.

Functions that only read run in a child of the cloud's process, which is forked before that has
any thread, at a lower priority: what reads gets the CPU that writing leaves. The child ends with the socket between
the two, so with its cloud, however that ends. Where the child has ended, the cloud answers by itself.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

import msgspec

from twin2multicloud.domain.components import Trigger, only_reads
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.adapters.hot_store import SqliteRows, hot_store
from twin2multicloud.emulator.adapters.wiring import CloudParts
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.emulator.delivery.journal import Journal
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets, deployment_here
from twin2multicloud.emulator.host.functions import CloudFunctions, nobody
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Component
from twin2multicloud.wire.calls import refusal, serve
from twin2multicloud.wire.http import Request, Response, refused

_LOWER_PRIORITY = 3  # of 19, see nice(2): ingestion beside busy readers keeps four fifths of its rate
_THREADS = 2  # a long read must not keep a short one waiting
_LENGTH_BYTES = 4
_NEVER_BY_LENGTH = 1 << 30


class Asked(msgspec.Struct, frozen=True, tag=True):
    """A request to a function: over its URL, or as a native call of the operator."""

    number: int
    function: str
    natively: bool
    request: Request


class Again(msgspec.Struct, frozen=True, tag=True):
    """The deployment's file has changed: what is asked from now on is answered by it."""


class Answered(msgspec.Struct, frozen=True):
    """The answer to the request of that number."""

    number: int
    response: Response


_encode = msgspec.msgpack.Encoder().encode


def _frame(message: Asked | Again | Answered) -> bytes:
    body = _encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


# --- the child -----------------------------------------------------------------------------------------------------


def fork_readers(deployment: LocalDeployment, secrets: LocalSecrets, cloud: Cloud) -> "ReaderProcess | None":
    """Start the process of a cloud's readers; None where it has none. Only while this process has no threads."""
    functions = CloudFunctions(deployment, secrets, cloud)
    if not any(map(_only_reads, functions.components)):
        return None
    here, there = socket.socketpair()
    pid = os.fork()
    if pid:
        there.close()
        return ReaderProcess(pid, here)
    try:
        here.close()
        _lower_priority()
        _serve(there, partial(Readers, secrets, cloud))
    except Exception:
        logging.getLogger(f"t2mc.{cloud}").exception("the readers' process failed")
    finally:
        os._exit(0)


def _lower_priority() -> None:
    """Below what writes: of processes and, where Linux weighs sessions instead, of sessions (sched(7), autogroup)."""
    os.nice(_LOWER_PRIORITY)
    os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_LOWER_PRIORITY))


class Readers:
    """The functions of a cloud that only read, over files that its own process writes; in the project's folder."""

    def __init__(self, secrets: LocalSecrets, cloud: Cloud) -> None:
        deployment = deployment_here()
        twin = deployment.twin
        folder = deployment.state.process(cloud)
        holds_store = twin.placement[Slot.L3_HOT] == cloud
        self._secrets, self._calls = secrets, dict[str, Start]()
        self._parts = CloudParts(
            cloud=cloud,
            journal=Journal(folder / "journal.sqlite"),  # for error events: it is not started, so it delivers nothing
            staged=Staged(),
            store=hot_store(SqliteRows(folder / "hot.sqlite")) if holds_store else None,
            catalog=twin.catalog,
            hierarchy=twin.hierarchy,
            find_processor=None,
            queues=(),
            log=logging.getLogger(f"t2mc.{cloud}"),
            clock=VirtualClock(deployment.state.clock),
            object_stores=deployment.state.object_stores(cloud),
            restore_hours=services_of(cloud).restore_hours,
            calls=self._calls,
        )
        self._starts: dict[tuple[str, Trigger], Start] = {}
        self.wire(deployment)

    def wire(self, deployment: LocalDeployment) -> None:
        """Make the functions as a deployment has them; those that answer now end as they are."""
        functions = CloudFunctions(deployment, self._secrets, self._parts.cloud)
        twin = deployment.twin
        parts = msgspec.structs.replace(self._parts, catalog=twin.catalog, hierarchy=twin.hierarchy)
        starts = pack(parts.cloud).event_source().starts
        for component in filter(_only_reads, functions.components):
            function = functions.wired(component, parts, nobody)
            for trigger in function.handlers:
                self._starts[component.name, trigger] = starts[trigger](function)
            if Trigger.CALL in function.handlers:
                self._calls[component.deployed_as] = self._starts[component.name, Trigger.CALL]

    def answer(self, asked: Asked) -> Response:
        """The function's own answer, errors included."""
        start = self._starts[asked.function, Trigger.CALL if asked.natively else Trigger.HTTP]
        try:
            response: Response = serve(start, asked.request) if asked.natively else start(asked.request)
        except TwinError as error:
            return refusal(error)
        except Exception:  # whoever asked must not wait for ever; the function has reported it
            self._parts.log.exception("%s failed", asked.function)
            return refused(500, "internal error")
        return response


def _only_reads(component: Component) -> bool:
    return only_reads(component.name)


def _serve(connection: socket.socket, make_readers: Callable[[], Readers]) -> None:
    """Answer requests until the other end is closed. The readers are made for the first, when their files are there."""
    decode = msgspec.msgpack.Decoder(Asked | Again).decode
    lock = threading.Lock()
    readers: Readers | None = None

    def work(readers: Readers, asked: Asked) -> None:
        frame = _frame(Answered(asked.number, readers.answer(asked)))
        with lock:
            connection.sendall(frame)

    threads = ThreadPoolExecutor(_THREADS, "reader")
    with connection.makefile("rb") as stream:
        while (body := _next(stream)) is not None:
            message = decode(body)
            if isinstance(message, Asked):
                readers = readers or make_readers()
                threads.submit(work, readers, message)
            elif readers is not None:
                readers.wire(deployment_here())


def _next(stream: BinaryIO) -> bytes | None:
    length = stream.read(_LENGTH_BYTES)
    return stream.read(int.from_bytes(length, "big")) if len(length) == _LENGTH_BYTES else None


# --- the cloud's own process ---------------------------------------------------------------------------------------


class ReaderProcess:
    """The other end, on the event loop."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self._pid, self._connection = pid, connection
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Response | None]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Begin to listen to answers."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._connection, limit=_NEVER_BY_LENGTH)
        self._task = asyncio.create_task(self._listen(reader))

    async def answer(self, function: str, request: Request, *, natively: bool) -> Response | None:
        """A reader's answer; None where the process has ended."""
        if self._writer is None:
            return None
        number = next(self._numbers)
        future: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._writer.write(_frame(Asked(number, function, natively, request)))
        return await future

    def again(self) -> None:
        """Answer what is asked from now on by the deployment's file as it is then."""
        if self._writer is not None:
            self._writer.write(_frame(Again()))

    async def close(self) -> None:
        """End the process."""
        if self._task is not None:
            self._task.cancel()
        self._end()
        await asyncio.to_thread(os.waitpid, self._pid, 0)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        decode = msgspec.msgpack.Decoder(Answered).decode
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
                answered = decode(await reader.readexactly(length))
                future = self._waiting.pop(answered.number)
                if not future.done():  # whoever asked may be gone
                    future.set_result(answered.response)
        except (asyncio.IncompleteReadError, OSError):
            self._end()

    def _end(self) -> None:
        """Hang up. Who waits hears that there will be no answer."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(None)

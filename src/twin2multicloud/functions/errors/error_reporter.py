"""Error reporter: stores what comes to its cloud's error topic; then, as well as it can, tells the management backend.

An instance stores `STORED_A_SECOND` events; what comes faster waits in its queue. An event is recognised by its id.
What is no error event goes to the dead letters as it came.
"""

import base64
import binascii
import hashlib
import threading
from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, TwinError
from twin2multicloud.functions.errors.notifications import Notifications
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters, Unread
from twin2multicloud.ports.error_store import ErrorStore
from twin2multicloud.wire.environment import optional_env, require_env

STORED_A_SECOND = 10
"""By one instance: 600 a minute."""
_AT_ONCE = 100  # that are stored without a pause, where nothing came for a while
_NOTIFIES_FOR = 10.0  # s


def build(parts: Parts) -> Function:
    """The queue of the error topic -> error table -> management backend."""
    store = parts.error_store
    reports = ErrorReports(
        store, parts.dead_letters, parts.reporter, Pace(parts.ports.clock), notifications(parts, store)
    )
    return parts.function({Trigger.QUEUE: reports})


def notifications(parts: Parts, store: ErrorStore) -> Notifications | None:
    """What tells the management backend, where the twin has one."""
    url = optional_env(parts.env, "MANAGEMENT_URL")
    if url is None:
        return None
    token = require_env(parts.env, "INTER_CLOUD_TOKEN").split(",")[0].strip()
    ports = parts.ports
    return Notifications(url=url, token=token, store=store, transport=ports.transport, clock=ports.clock, log=ports.log)


class Pace:
    """Lets so many events a second through. Shared by the threads of an instance."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._through = float("-inf")  # when the last one is through, at this pace

    def wait(self, events: int) -> None:
        """Wait until so many more may pass."""
        with self._lock:
            now = self._clock.monotonic()
            self._through = max(self._through, now - _AT_ONCE / STORED_A_SECOND) + events / STORED_A_SECOND
            ahead = self._through - now
        if ahead > 0:
            self._clock.sleep(ahead)


class ErrorReports:
    """Handles the records of the error topic."""

    def __init__(
        self,
        store: ErrorStore,
        dead_letters: DeadLetters,
        reporter: Reporter,
        pace: Pace,
        notifications: Notifications | None,
    ) -> None:
        self._store, self._dead_letters, self._reporter = store, dead_letters, reporter
        self._pace, self._notifications = pace, notifications

    def __call__(self, bodies: Sequence[bytes | str]) -> list[int]:
        """Store the events of a batch; the places of those that have to come again, since the table takes nothing."""
        events: dict[int, ErrorEvent] = {}
        unread: list[DeadLetter] = []
        for place, body in enumerate(bodies):
            raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
            try:
                events[place] = read_event(raw)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                unread.append(DeadLetter(Unread(raw), f"not an error event: {error}"))
        if unread:
            self._dead_letters.put(unread)
            self._reporter.report(ErrorCode.INVALID_RECORD, unread[0].error, count=len(unread))
        if events:
            self._pace.wait(len(events))
            try:
                self._store.add(list(events.values()), unsent=self._notifications is not None)
                if self._notifications is not None:
                    self._notifications.deliver(_NOTIFIES_FOR)
            except TwinError as error:
                self._reporter.failed(ErrorCode.DELIVERY_FAILED, error, count=len(events))
                return list(events)
        return []


class _CloudEvent(msgspec.Struct):
    """An event as CloudEvents 1.0 has it, of which only the content is read."""

    data: ErrorEvent


def read_event(body: bytes) -> ErrorEvent:
    """The error event of a record: itself, or a CloudEvent with it; in base64 too, as storage queues may hold it.

    An event of an older function has no id: its content is one. Raises msgspec.MsgspecError, UnicodeError and
    RecursionError for anything else.
    """
    if body[:1].isalnum():  # JSON objects begin otherwise
        body = _encoded(body)
    try:
        event = msgspec.json.decode(body, type=ErrorEvent)
    except msgspec.ValidationError:
        event = msgspec.json.decode(body, type=_CloudEvent).data
    if event.id:
        return event
    return msgspec.structs.replace(event, id=hashlib.blake2b(body, digest_size=12).hexdigest())


def _encoded(body: bytes) -> bytes:
    """What a text in base64 says; another text as it is."""
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body

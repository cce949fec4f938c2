"""Posting a chunk to another cloud, and answering the POST: token, body, confirmation. Owns no format and no store.

``POST`` with the object's bytes as they are (``content-type: application/gzip``) and its name in a header; 200
``{"status": "stored", "name": …}`` once they are durable and were held against the name, whose digest and count are
the content's own.
"""

from collections.abc import Callable, Sequence

import msgspec

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire.attempts import tried_again
from twin2multicloud.wire.http import Request, Response, json_response, may_pass
from twin2multicloud.wire.limits import MAX_BODY_BYTES
from twin2multicloud.wire.receiver import admit
from twin2multicloud.wire.retry import RetryPolicy, parse_retry_after
from twin2multicloud.wire.tokens import HEADER

NAME_HEADER = "x-object-name"
TIMEOUT = 60.0


class ChunkSender:
    """Sends chunks to one endpoint, and waits for their confirmation."""

    def __init__(
        self,
        *,
        url: str,
        token: str,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._url, self._token, self._transport = url, token, transport
        self._clock, self._chance, self._policy = clock, chance, policy or RetryPolicy()

    def create(self, name: str, body: bytes) -> None:
        """Deliver an object, retrying as the policy says. Raises RetryableError, FinalError."""
        tried_again(lambda: self._try(name, body), self._policy, self._clock, self._chance)

    def _try(self, name: str, body: bytes) -> None:
        headers = {"content-type": "application/gzip", HEADER: self._token, NAME_HEADER: name}
        reply = self._transport.post(self._url, headers, body, TIMEOUT)
        if reply.status != 200:
            raise _failure(name, reply)
        if _confirmed(reply.body) != name:
            raise RetryableError(f"{name}: unexpected body in a 200 response: {reply.body[:200]!r}")


def receive_chunk(request: Request, expected: Sequence[str], store: Callable[[str, bytes], None]) -> Response:
    """Answer one POST. `store` holds the bytes against the name and keeps them. Raises FinalError, RetryableError."""
    response = admit(request, expected)
    if response is not None:
        return response
    if len(request.body) > MAX_BODY_BYTES:
        raise FinalError(f"body is over the limit of {MAX_BODY_BYTES} bytes", 413)
    name = request.headers.get(NAME_HEADER, "")
    store(name, request.body)
    return json_response(200, {"status": "stored", "name": name})


class _Confirmation(msgspec.Struct):
    status: str
    name: str


def _confirmed(body: bytes) -> str | None:
    try:
        answer = msgspec.json.decode(body, type=_Confirmation)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return answer.name if answer.status == "stored" else None


def _failure(name: str, reply: Reply) -> RetryableError | FinalError:
    message = f"{name}: the other side answered {reply.status}: {reply.body[:200].decode(errors='replace')}"
    if may_pass(reply.status):
        return RetryableError(message, parse_retry_after(reply.headers.get("retry-after")))
    return FinalError(message, reply.status)

"""Posting batches to an endpoint on another cloud: chunks, gzip, retries of what failed, breaker. Owns no socket."""

from collections.abc import Sequence

from twin2multicloud.domain.errors import FinalError, OutageError, RetryableError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire import answers, envelope
from twin2multicloud.wire.batches import Item, cut
from twin2multicloud.wire.breaker import Breaker
from twin2multicloud.wire.compression import compress
from twin2multicloud.wire.http import is_refusal, may_pass
from twin2multicloud.wire.limits import MAX_BODY_BYTES
from twin2multicloud.wire.retry import RetryPolicy, parse_retry_after
from twin2multicloud.wire.tokens import HEADER

TIMEOUT = 30.0
_SAID = 2_000  # bytes of a refusal that are looked at

SPREADING_S = 1800.0
"""How long an answer of 401, 403 or 404 that is not a function's own may pass: platforms give those while permissions
and addresses spread. Azure has said up to thirty minutes (learn.microsoft.com answers 524792); Google says
typically two, potentially seven or longer (cloud.google.com/iam/docs/access-change-propagation)."""

_SPREADING = (401, 403, 404)


class Sender:
    """Sends messages to one endpoint. A `TelemetryWriter`: returns what it could not deliver, item by item."""

    def __init__(
        self,
        *,
        url: str,
        token: str,
        source_cloud: Cloud,
        target_layer: Slot,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        policy: RetryPolicy | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._url, self._token = url, token
        self._source, self._layer = source_cloud, target_layer
        self._transport, self._clock, self._chance = transport, clock, chance
        self._policy = policy or RetryPolicy()
        self._breaker = breaker or Breaker(clock)
        self._foreign_since: float | None = None

    def write_batch(self, readings: Sequence[Reading], trace_id: str) -> Sequence[ItemError]:
        """Deliver messages, retrying as the policy says. Returns those that were not accepted.

        Raises OutageError while the breaker is open.
        """
        chunks, too_large = cut(readings)
        failed = [ItemError(place, f"message is over the limit of {MAX_BODY_BYTES} bytes") for place in too_large]
        for chunk in chunks:
            failed += self._deliver(chunk, trace_id)
        return failed

    def _deliver(self, chunk: list[Item], trace_id: str) -> list[ItemError]:
        lost: list[ItemError] = []
        retry = 0
        while True:
            try:
                failed = self._try(chunk, trace_id)
                lost += [item for item in failed if item.final]
                again = {item.index: item.error for item in failed if not item.final}
                wait = self._policy.delay(retry, self._chance)
            except OutageError:
                raise
            except FinalError as error:
                return lost + [ItemError(index, self._clean(error)) for index, _ in chunk]
            except RetryableError as error:
                again = {index: self._clean(error) for index, _ in chunk}
                wait = self._policy.delay(retry, self._chance, error.retry_after)
            if not again or wait is None:
                return lost + [ItemError(index, error, final=False) for index, error in again.items()]
            chunk = [item for item in chunk if item[0] in again]
            self._clock.sleep(wait)
            retry += 1

    def _try(self, chunk: list[Item], trace_id: str) -> list[ItemError]:
        """One exchange, whose outcome is reported to the breaker. Raises RetryableError, FinalError."""
        if not self._breaker.allows():
            raise OutageError("the circuit breaker of this boundary is open")
        try:
            reply = self._post([encoded for _, encoded in chunk], trace_id)
            answer = self._judged(reply, len(chunk))
        except RetryableError:
            self._breaker.failed()
            raise
        except FinalError:
            self._breaker.succeeded()  # a refusal is an answer too
            raise
        self._breaker.succeeded()
        return [ItemError(chunk[item.index][0], item.error, item.final) for item in answer.failed]

    def _clean(self, error: Exception) -> str:
        """What went wrong, for dead letters: people read them, and no token is in there."""
        return str(error).replace(self._token, "***")

    def _judged(self, reply: Reply, sent: int) -> answers.Received:
        """What an answer says. Of a platform's refusal: that it may pass, until it has not for `SPREADING_S`."""
        if reply.status not in _SPREADING or is_refusal(reply.body):
            self._foreign_since = None
            return _classify(reply, sent, self._token)
        now = self._clock.monotonic()
        if self._foreign_since is None:
            self._foreign_since = now
        if now - self._foreign_since < SPREADING_S:
            raise RetryableError(f"{_said(reply, self._token)} (not the function's own: it may be spreading)")
        return _classify(reply, sent, self._token)

    def _post(self, messages: list[bytes], trace_id: str) -> Reply:
        body = envelope.encode(
            messages,
            source_cloud=self._source,
            target_layer=self._layer,
            timestamp=self._clock.now(),
            trace_id=trace_id,
        )
        body, zipped = compress(body)
        headers = {
            # By this Lambda decides whether a body is text or bytes (lambda/urls-invocation, isBase64Encoded).
            "content-type": "application/octet-stream" if zipped else "application/json",
            HEADER: self._token,
            "traceparent": f"00-{trace_id}-{self._chance.getrandbits(64) or 1:016x}-01",
        }
        if zipped:
            headers["content-encoding"] = "gzip"
        return self._transport.post(self._url, headers, body, TIMEOUT)


def _classify(reply: Reply, sent: int, token: str) -> answers.Received:
    """What was received. A proxy that shows the request in its answer shows the token, which must go no further."""
    if reply.status == 200:
        return answers.read(reply.body, sent)
    message = _said(reply, token)
    if may_pass(reply.status):
        raise RetryableError(message, parse_retry_after(reply.headers.get("retry-after")))
    raise FinalError(message, reply.status)


def _said(reply: Reply, token: str) -> str:
    said = reply.body[:_SAID].decode(errors="replace").replace(token, "***")[:200]
    return f"the other side answered {reply.status}: {said}"

"""What a receiver answers: ``{"status": "received", "id": …}``, and for a batch which messages it did not take."""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.wire.http import Response, json_response


class FailedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message that was not taken. `final`: sending it again will not help."""

    index: int
    error: str
    final: bool = False


class Received(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer of 200: what is not in `failed` is durable on the answering cloud."""

    status: str
    id: str
    failed: list[FailedItem] = []


_decoder = msgspec.json.Decoder(Received)


def received(trace_id: str, failed: Sequence[ItemError]) -> Response:
    """200, with what was not taken."""
    items = [FailedItem(item.index, item.error, item.final) for item in failed]
    return json_response(200, Received("received", trace_id, items))


def read(body: bytes, sent: int) -> Received:
    """The answer to a batch of `sent` messages.

    Raises RetryableError for anything else: an unknown 200 proves nothing, and sending twice is harmless.
    """
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RetryableError("unexpected body in a 200 response") from error
    if answer.status != "received":
        raise RetryableError(f"unexpected status in a 200 response: {answer.status[:40]!r}")
    if not all(0 <= item.index < sent for item in answer.failed):
        raise RetryableError(f"the response names messages that are not among the {sent} sent")
    return answer

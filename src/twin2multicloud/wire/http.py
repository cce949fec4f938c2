"""An HTTP exchange as values, the same for a Lambda URL, an Azure function and a Cloud Run service. Owns no socket."""

from collections.abc import Mapping

import msgspec

from twin2multicloud.ports.transport import Reply

Response = Reply
"""What a function answers; the same shape that a transport brings back."""


class Request(msgspec.Struct, frozen=True):
    """An HTTP request to a function. Header names are lower case; `query` is what follows the ``?``, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""


_JSON = {"content-type": "application/json"}


def json_response(status: int, body: object, headers: Mapping[str, str] = _JSON) -> Response:
    """An answer with a JSON body."""
    return Response(status, headers, msgspec.json.encode(body))


def retry_later(message: str, retry_after: float | None) -> Response:
    """503 with the reason, and ``Retry-After`` in whole seconds where it is known."""
    headers = _JSON if retry_after is None else {**_JSON, "retry-after": str(max(1, round(retry_after)))}
    return json_response(503, {"status": "refused", "error": message}, headers)


def refused(status: int, message: str) -> Response:
    """A final refusal and its reason."""
    return json_response(status, {"status": "refused", "error": message})


class _Refusal(msgspec.Struct):
    status: str


def is_refusal(body: bytes) -> bool:
    """Whether the body of an answer is a function's own refusal, and not that of the platform before it."""
    try:
        return msgspec.json.decode(body, type=_Refusal).status == "refused"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def may_pass(status: int) -> bool:
    """Whether the same request may succeed later, by the status of its answer."""
    return status in (408, 429) or status >= 500

"""A reader behind a URL: the token, the limits and JSON around a function that answers a mapping with a mapping."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.wire.http import Request, Response, json_response, refused, retry_later
from twin2multicloud.wire.receiver import admit, read_body

Reader = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class ReaderEndpoint:
    """An HTTP function around a reader. Any Grafana may call it, with the token header."""

    def __init__(self, *, tokens: Sequence[str], reader: Reader) -> None:
        self._tokens, self._reader = tokens, reader

    def __call__(self, request: Request) -> Response:
        """Answer one POST."""
        refusal = admit(request, self._tokens)
        if refusal is not None:
            return refusal
        try:
            return json_response(200, self._reader(_decode(read_body(request))))
        except FinalError as error:
            return refused(error.status or 400, str(error))
        except RetryableError as error:
            return retry_later(str(error), error.retry_after)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FinalError(f"body is a JSON object, and this is not: {error}", 400) from error

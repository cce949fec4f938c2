"""A native call where a cloud can call a function by HTTP only: JSON in, JSON out, behind the cloud's own sign-in.

Owns the exchange, not who may make it: the platform turns strangers away before (a function key on Azure, the invoker
role on Cloud Run). Lambda needs none of this, its event is the request.
"""

from typing import Any

import msgspec

from twin2multicloud.domain.errors import FinalError, RetryableError, TwinError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.wire.http import Request, Response, json_response, refused, retry_later
from twin2multicloud.wire.receiver import read_body


def answer_call(function: Function, request: Request) -> Response:
    """Answer one POST whose body is the request of a native call. 400 for what is none, 405 for other methods."""
    if request.method != "POST":
        return refused(405, f"a call is a POST, not {request.method[:10]}")
    try:
        asked = msgspec.json.decode(read_body(request), type=dict[str, Any])
        return json_response(200, function.call(asked))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return refused(400, f"body is a JSON object, and this is not: {error}")
    except FinalError as error:
        return refused(error.status or 400, str(error))
    except RetryableError as error:
        return retry_later(str(error), error.retry_after)
    except TwinError as error:
        return refused(400, str(error))

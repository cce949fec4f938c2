"""moto as a server that the real hashicorp/aws provider can work with: ``python -m tests.rigs.terraform_moto PORT``.

Adds what the provider needs of IoT and moto lacks: tags, which AWS keeps from a resource's creation on. Owns nothing
else of AWS. Shapes: docs.aws.amazon.com iot, CreatePolicy, CreateTopicRule and ListTagsForResource.
A first apply on a busy machine once failed because a rule "already exists", as it does where an answer is lost and the
provider's SDK repeats its request, under the same ``amz-sdk-invocation-id``: a repetition gets the first answer again.
"""

import io
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
Tags = list[dict[str, str]]


class TaggingIot:
    """moto, with IoT's tags. A policy's come in the body, a rule's in a header; both are found by name."""

    def __init__(self, moto: Wsgi) -> None:
        self._moto = moto
        self._tags: dict[str, Tags] = {}

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """One request."""
        if "/iot/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return self._moto(environ, start_response)
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method == "GET" and path == "/tags":
            name = dict(parse_qsl(environ["QUERY_STRING"]))["resourceArn"].rsplit("/", 1)[1]
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"tags": self._tags.get(name, [])}).encode()]
        if method == "POST" and path.startswith(("/policies/", "/rules/")):
            self._tags[path.rsplit("/", 1)[1]] = _tags(environ)
        return self._moto(environ, start_response)


def _tags(environ: Environ) -> Tags:
    header = parse_qsl(environ.get("HTTP_X_AMZ_TAGGING", ""))
    if header:
        return [{"Key": key, "Value": value} for key, value in header]
    body = _read_body(environ)
    environ["wsgi.input"] = io.BytesIO(body)  # moto reads it too
    found: Tags = json.loads(body or b"{}").get("tags", [])
    return found


class AnswersRepetitions:
    """Another application; what changes something and is repeated by its SDK is carried out once."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._answers: dict[str, tuple[str, list[tuple[str, str]], list[bytes]]] = {}

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """One request. Only an answer of 200 is kept: a fault is asked for again."""
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        if not invocation or environ["REQUEST_METHOD"] == "GET":
            return self._application(environ, start_response)
        if invocation in self._answers:
            _read_body(environ)
        else:
            said: list[Any] = []
            body = list(self._application(environ, lambda status, headers, *_: said.extend((status, headers))))
            if not said[0].startswith("200"):
                start_response(*said)
                return body
            self._answers[invocation] = (said[0], said[1], body)
        status, headers, body = self._answers[invocation]
        start_response(status, headers)
        return body


def _read_body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


if __name__ == "__main__":
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), AnswersRepetitions(TaggingIot(moto)), threaded=True)

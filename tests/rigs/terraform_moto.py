"""moto as a server that the real hashicorp/aws provider can work with: ``python -m tests.rigs.terraform_moto PORT``.

Adds the one call that the provider makes, that this slice needs and that moto lacks. Owns nothing else of AWS.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def completed(moto: Wsgi) -> Wsgi:
    """moto, and IoT's ListTagsForResource: no resource of ours has tags there but the provider's default ones."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        scope = environ.get("HTTP_AUTHORIZATION", "")
        if "/iot/aws4_request" in scope and environ["PATH_INFO"] == "/tags" and environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"tags": []}).encode()]
        return moto(environ, start_response)

    return application


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), completed(DomainDispatcherApplication(create_backend_app)), threaded=True)

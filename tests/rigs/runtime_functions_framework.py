"""Google Cloud: the real functions-framework around a bundle's target, asked through its own test client.

Run as ``python -m tests.rigs.runtime_functions_framework BUNDLE`` by `runtime_process`.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.rigs.runtime_process import serve


def start(bundle: Path) -> tuple[object, Callable[[dict[str, Any]], object]]:
    """Import the target; says its signature type and where the package came from."""
    import functions_framework
    from functions_framework import _function_registry

    import twin2multicloud

    framework: Any = functions_framework  # create_app has no types
    client = framework.create_app("main", str(bundle / "main.py")).test_client()

    def answer(asked: dict[str, Any]) -> object:
        response = client.open(
            asked["path"], method=asked["method"], headers=asked["headers"], data=base64.b64decode(asked["body"])
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        return {
            "status": response.status_code,
            "headers": headers,
            "body": base64.b64encode(response.get_data()).decode(),
        }

    ready = {"signature": _function_registry.REGISTRY_MAP["main"], "package": twin2multicloud.__file__}
    return ready, answer


if __name__ == "__main__":
    serve(start)

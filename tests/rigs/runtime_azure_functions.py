"""Azure: the real v2 programming model. Functions are found in the app object as the worker finds them, and invoked
with real `HttpRequest`, `QueueMessage`, `EventHubEvent` and `TimerRequest` objects; events and timers go through the
worker's own converters.

Run as ``python -m tests.rigs.runtime_azure_functions BUNDLE`` by `runtime_process`.
"""

import base64
import importlib
import json
import typing
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.rigs.runtime_process import serve

Answer = Callable[[dict[str, Any]], object]


def start(bundle: Path) -> tuple[object, Answer]:
    """Index the app as the worker does: one function, whose parameter each binding's converter accepts.

    A mover has two: its timer, and the route by which the operator calls it.
    """
    import azure.functions as func
    from azure.functions import meta

    import twin2multicloud

    module = importlib.import_module("function_app")
    apps = [each for each in vars(module).values() if isinstance(each, func.FunctionApp)]
    assert len(apps) == 1, "the worker wants one app in function_app.py"
    functions = apps[0].get_functions()
    by_trigger = {str(typing.cast("Any", each.get_trigger()).type): each.get_user_function() for each in functions}
    assert len(functions) == 1 or by_trigger.keys() == {"timerTrigger", "httpTrigger"}, "a bundle is one function"
    converters: Any = meta._ConverterMeta  # what the worker looks converters up in; it has no types
    accepted = True
    for each in functions:
        trigger: Any = each.get_trigger()
        annotation = typing.get_type_hints(each.get_user_function())[trigger.name]
        accepted &= converters.get(trigger.type).check_input_type_annotation(annotation)
    ready = {
        "name": functions[0].get_function_name(),
        "bindings": json.loads(functions[0].get_function_json())["bindings"],
        "retry": functions[0].get_settings_dict("retry_policy"),
        "accepted": accepted,
        "package": twin2multicloud.__file__,
    }
    start_by: dict[str, Callable[[Any], Answer]] = {
        "httpTrigger": _by_http,
        "queueTrigger": _by_queue,
        "eventHubTrigger": _by_event_hub,
        "timerTrigger": _by_timer,
    }
    answers = {kind: start_by[kind](function) for kind, function in by_trigger.items()}
    first = next(iter(answers.values()))
    return ready, lambda asked: (answers["httpTrigger"] if "method" in asked else first)(asked)


def _by_http(function: Any) -> Answer:
    import azure.functions as func

    def answer(asked: dict[str, Any]) -> object:
        body = base64.b64decode(asked["body"])
        url = f"https://app.example{asked['path']}"
        response = function(func.HttpRequest(asked["method"], url, headers=asked["headers"], body=body))
        headers = {**response.headers, "content-type": response.mimetype}
        return {
            "status": response.status_code,
            "headers": headers,
            "body": base64.b64encode(response.get_body()).decode(),
        }

    return answer


def _by_queue(function: Any) -> Answer:
    import azure.functions as func

    def answer(asked: dict[str, Any]) -> object:
        return _raised(function, func.QueueMessage(id="1", body=base64.b64decode(asked["body"])))

    return answer


def _by_event_hub(function: Any) -> Answer:
    from azure.functions import meta
    from azure.functions.eventhub import EventHubTriggerConverter

    def answer(asked: dict[str, Any]) -> object:
        bodies = [base64.b64decode(each) for each in asked["bodies"]]
        properties = meta.Datum(json.dumps(asked["properties"]), "json")
        events = EventHubTriggerConverter.decode(
            meta.Datum(SimpleNamespace(bytes=bodies), "collection_bytes"),
            trigger_metadata={"SystemPropertiesArray": properties},
        )
        return _raised(function, events)

    return answer


def _by_timer(function: Any) -> Answer:
    from azure.functions import meta
    from azure.functions.timer import TimerRequestConverter

    def answer(asked: dict[str, Any]) -> object:
        timer = meta.Datum(json.dumps(asked), "json")
        return _raised(function, TimerRequestConverter.decode(timer, trigger_metadata=None))

    return answer


def _raised(function: Any, argument: object) -> dict[str, str | None]:
    """What the host would see: that the function raised, and so that the message is not done."""
    try:
        function(argument)
    except Exception as error:
        return {"raised": type(error).__name__}
    return {"raised": None}


if __name__ == "__main__":
    serve(start)

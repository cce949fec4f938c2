"""Queues and dead letters on AWS: SQS. One queue per function that a queue starts, one dead-letter queue per boundary.

A queue hides a message for six times its function's time-out and the batching window, as AWS asks
(lambda/services-sqs-configure), and takes messages of 1 MiB, as ``clouds/aws/queue.py`` sends them; 256 KiB is what it
takes unless it is told (SQS's SetQueueAttributes, MaximumMessageSize; 1 MiB since August 2025).
"""

import json

from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_aws.references import queue
from twin2multicloud.terraform.render.scope import ATTEMPTS, TIMEOUT_S, CloudScope, FunctionView, key_of

_HIDES = 6  # times the time-out
ATTEMPTS_OF_WAITING = 1_000
"""Deliveries before a dead letter: the most, and 12.5 days of an outage at one each 18 minutes."""
MAX_MESSAGE_BYTES = 1_048_576
_FOURTEEN_DAYS_S = 14 * 24 * 3600  # the longest that SQS keeps a message


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the dead-letter queues, then the queues that fall back to them."""
    for dead_letters in site.dead_letters:
        declare(config, key_of(dead_letters), dead_letters.deployed_as, _HIDES * TIMEOUT_S)
    for function in site.functions:
        if function.from_queue or function.from_devices:
            name, redrive = function.component.deployed_as, _redrive(function)
            hides = _HIDES * function.timeout_s + site.batch_window
            declare(config, function.key, name, hides, redrive_policy=redrive)
    addresses = {
        function.dead_letters.deployed_as: _address(function, function.dead_letters)
        for function in site.functions
        if function.dead_letters is not None
    }
    if addresses:
        config.output("aws_dead_letters", addresses, "Dead-letter queues on AWS, and where their letters go")


def _address(function: FunctionView, dead_letters: Component) -> Json:
    found: dict[str, Json] = {"url": queue(key_of(dead_letters), "url"), "target": queue(function.key, "url")}
    return {**found, "devices": True} if function.from_devices else found


def declare(config: Configuration, key: str, name: str, hides_s: int, /, **more: Json) -> None:
    """Declare a queue that keeps messages for as long as SQS can, and hides one that was taken for so long."""
    config.resource(
        "aws_sqs_queue",
        key,
        name=name,
        visibility_timeout_seconds=hides_s,
        max_message_size=MAX_MESSAGE_BYTES,
        message_retention_seconds=_FOURTEEN_DAYS_S,
        sqs_managed_sse_enabled=True,
        **more,
    )


def _redrive(function: FunctionView) -> str | None:
    if function.dead_letters is None:
        return None
    target = queue(key_of(function.dead_letters), "arn")
    attempts = ATTEMPTS_OF_WAITING if function.waits else ATTEMPTS
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": attempts}, separators=(",", ":"))

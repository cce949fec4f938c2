"""Dead-letter queues on AWS, for operators: SQS, and what it and IoT Core put into L1's by themselves.

Ships in no bundle. Shapes: what the IoT rule's SQL makes of a publish, which SQS moves as it is, and
docs.aws.amazon.com iot/latest/developerguide/rule-error-handling (an error action's message).
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec

from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.queue import Sqs, send
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_milliseconds, to_datetime
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.stores.dead_letter_boxes import BoxedDeadLetters, Received, as_letter

_HIDDEN_SECONDS = 300
_MOST = 10_000  # of one queue in one look: SQS answers ten at a time
_SETTINGS = {"connect_timeout": 5, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 3}}


class ReadableSqs(Sqs, Protocol):
    """What is used of boto3's ``sqs`` client."""

    def receive_message(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def delete_message(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def change_message_visibility(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it


class Address(msgspec.Struct, frozen=True):
    """A dead-letter queue's URL, and that of the queue that its letters go to; `devices` for publishes."""

    url: str
    target: str
    devices: bool = False


class SqsBox:
    """A `Box`."""

    def __init__(self, sqs: ReadableSqs, address: Address) -> None:
        self._sqs, self._address = sqs, address

    def receive(self) -> Iterator[Received]:
        """See `stores.dead_letter_boxes.Box.receive`."""
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": _HIDDEN_SECONDS, "WaitTimeSeconds": 1}
        for _ in range(_MOST // 10):
            with domain_errors("dead letters"):
                found = self._sqs.receive_message(QueueUrl=self._address.url, AttributeNames=["SentTimestamp"], **asked)
            messages = found.get("Messages", [])
            if not messages:
                return
            for each in messages:
                at = from_milliseconds(int(each["Attributes"]["SentTimestamp"]))
                yield Received(each["MessageId"], at, _as_ours(each["Body"].encode(), at), each["ReceiptHandle"])

    def send_again(self, message: bytes | Unread) -> None:
        """See `stores.dead_letter_boxes.Box.send_again`. A publish is the event that the IoT rule makes of it."""
        if isinstance(message, bytes):
            send(self._sqs, self._address.target, [message])
            return
        event = {
            "body": base64.b64encode(message.body).decode(),
            "device_id": message.device_id,
            "received_at": round(to_datetime(message.received_at).timestamp() * 1000),
        }
        send(self._sqs, self._address.target, [msgspec.json.encode(event)])

    def remove(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.remove`."""
        with domain_errors("dead letters"):
            self._sqs.delete_message(QueueUrl=self._address.url, ReceiptHandle=received.handle)

    def let_go(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.let_go`."""
        with domain_errors("dead letters"):
            self._sqs.change_message_visibility(
                QueueUrl=self._address.url, ReceiptHandle=received.handle, VisibilityTimeout=0
            )


class _Event(msgspec.Struct):
    body: str
    device_id: str
    received_at: int


class _RuleError(msgspec.Struct, rename={"payload": "base64OriginalPayload"}):
    topic: str
    payload: str


def _as_ours(body: bytes, at: str) -> bytes:
    """A message as our record: SQS and IoT Core put what they cannot deliver into L1's dead letters themselves."""
    try:
        if b'"received_at"' in body and b'"unread"' not in body:
            event = msgspec.json.decode(body, type=_Event)
            publish = _publish(base64.b64decode(event.body), event.device_id, from_milliseconds(event.received_at))
        elif b'"base64OriginalPayload"' in body:
            failed = msgspec.json.decode(body, type=_RuleError)
            device = failed.topic.split("/")[2]
            publish = Unread(base64.b64decode(failed.payload), failed.topic, device, at)
        else:
            return body
    except (msgspec.DecodeError, binascii.Error, ValueError, IndexError):
        return body
    return as_letter(publish, at)


def _publish(body: bytes, device_id: str, received_at: str) -> Unread:
    return Unread(body, "", device_id, received_at)


def open_dead_letters(outputs: Mapping[str, Any]) -> BoxedDeadLetters:
    """The dead letters of a deployed twin, by its outputs ``aws_dead_letters`` and ``aws_region``.

    Signs in as boto3 finds credentials; takes what SQS calls receive, delete and send on these queues. Raises
    ConfigurationError where boto3 is not installed.
    """
    try:
        addresses = msgspec.convert(outputs["aws_dead_letters"], dict[str, Address])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the output aws_dead_letters is not as this version deploys it: {error}") from error
    sqs = operators_client("dead letters on AWS need", "sqs", outputs["aws_region"], _SETTINGS)
    boxes = {name: SqsBox(sqs, each) for name, each in addresses.items()}
    return BoxedDeadLetters(boxes, frozenset(name for name, each in addresses.items() if each.devices))

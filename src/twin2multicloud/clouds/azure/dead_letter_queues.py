"""Dead-letter queues on Azure, for operators: storage queues, and the poison queues that the Functions host fills.

Ships in no bundle. A publish cannot be sent again here: who it is from is a property that only IoT Hub sets
(learn.microsoft.com, iot-hub-devguide-messages-construct), so the letter is shown, and its device publishes again.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import msgspec

from twin2multicloud.clouds.azure.invocation import operator
from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.stores.dead_letter_boxes import BoxedDeadLetters, Received

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient, QueueMessage

_HIDDEN_SECONDS = 300
_AT_ONCE, _MOST = 32, 10_000
_FOR_EVER = -1


class Address(msgspec.Struct, frozen=True):
    """A dead-letter queue, the poison queue beside it, and the queue that its letters go to; "" for publishes."""

    queue: str
    poison: str = ""
    target: str = ""


class StorageQueueBox:
    """A `Box`; `client` makes the client of a queue, with the SDK's raw messages."""

    def __init__(self, client: Callable[[str], "QueueClient"], address: Address) -> None:
        self._client, self._address = client, address

    def receive(self) -> Iterator[Received]:
        """See `stores.dead_letter_boxes.Box.receive`."""
        for queue in filter(None, (self._address.queue, self._address.poison)):
            client, seen = self._client(queue), 0
            while seen < _MOST and (found := self._some(client)):
                seen += len(found)
                for each in found:
                    yield Received(each.id, _at(each), _body(each.content), (queue, each))

    def send_again(self, message: bytes | Unread) -> None:
        """See `stores.dead_letter_boxes.Box.send_again`. Raises FinalError for a publish."""
        if isinstance(message, Unread) or not self._address.target:
            raise FinalError("on Azure only IoT Hub can say whom a publish is from: let the device publish it again")
        with domain_errors(f"queue {self._address.target}"):
            text = base64.b64encode(message).decode()
            self._client(self._address.target).send_message(text, time_to_live=_FOR_EVER)

    def remove(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.remove`."""
        queue, message = _handle(received)
        with domain_errors("dead letters"):
            self._client(queue).delete_message(message)

    def let_go(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.let_go`."""
        queue, message = _handle(received)
        with domain_errors("dead letters"):
            self._client(queue).update_message(message, visibility_timeout=0)

    @staticmethod
    def _some(client: "QueueClient") -> list["QueueMessage"]:
        with domain_errors("dead letters"):
            asked = client.receive_messages(
                messages_per_page=_AT_ONCE, max_messages=_AT_ONCE, visibility_timeout=_HIDDEN_SECONDS
            )
            return list(asked)


def _handle(received: Received) -> tuple[str, "QueueMessage"]:
    return cast("tuple[str, QueueMessage]", received.handle)


def _at(message: "QueueMessage") -> str:
    assert message.inserted_on is not None, message.id  # noqa: S101 - the service says it of what it gives
    return from_datetime(message.inserted_on)


def _body(content: str) -> bytes:
    """A message's record; the Functions host moves texts as they are, in base64 as we put them."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return content.encode()


def open_dead_letters(outputs: Mapping[str, Any]) -> BoxedDeadLetters:
    """The dead letters of a deployed twin, by its outputs ``azure_dead_letters`` and ``azure_queues``, a URL.

    Signs in as azure-identity finds credentials; a deployment grants the deployer Storage Queue Data Contributor.
    Raises ConfigurationError where a package is not installed.
    """
    try:
        addresses = msgspec.convert(outputs["azure_dead_letters"], dict[str, Address])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the output azure_dead_letters is not as this version deploys it: {error}") from error
    credential = operator("dead letters on Azure need")
    try:
        from azure.storage.queue import QueueClient
    except ImportError as error:
        raise ConfigurationError(
            "dead letters on Azure need azure-storage-queue: pip install 'twin2multicloud[azure]'"
        ) from error

    def client(name: str) -> QueueClient:
        return QueueClient(str(outputs["azure_queues"]).rstrip("/"), name, credential=credential)

    boxes = {name: StorageQueueBox(client, each) for name, each in addresses.items()}
    return BoxedDeadLetters(boxes, frozenset(name for name, each in addresses.items() if not each.target))

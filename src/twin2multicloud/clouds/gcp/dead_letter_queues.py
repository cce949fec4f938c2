"""Dead-letter queues on Google Cloud, for operators: the subscriptions that keep what dead-letter topics were sent.

Ships in no bundle. Pub/Sub itself puts what a push could not deliver there, with the message's own attributes and
``CloudPubSubDeadLetter…`` beside them (cloud.google.com/pubsub/docs/handling-failures).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.clouds.gcp.device_ingress import SEVERAL
from twin2multicloud.clouds.gcp.queue import send
from twin2multicloud.clouds.gcp.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.stores.dead_letter_boxes import BoxedDeadLetters, Received, as_letter

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient, SubscriberClient

_HIDDEN_SECONDS = 300
_SEVERAL = "several publishes"
"""Stands for the topic of a letter with publishes that arrived together: they go home as they came, as one message."""
_AT_ONCE, _MOST = 100, 10_000
_PATIENCE = 5.0  # a pull that finds nothing waits for so long


class Address(msgspec.Struct, frozen=True):
    """A dead-letter subscription by its full name, and the topic that its letters go to; `devices` for publishes."""

    subscription: str
    target: str
    devices: bool = False


class PubSubBox:
    """A `Box`."""

    def __init__(
        self,
        subscriber: "SubscriberClient",
        publisher: "PublisherClient",
        address: Address,
        patience: float = _PATIENCE,
    ) -> None:
        self._subscriber, self._publisher, self._address = subscriber, publisher, address
        self._patience = patience

    def receive(self) -> Iterator[Received]:
        """See `stores.dead_letter_boxes.Box.receive`."""
        for _ in range(_MOST // _AT_ONCE):
            messages = self._pull()
            if not messages:
                return
            self._hide([each.ack_id for each in messages], _HIDDEN_SECONDS)
            for each in messages:
                at = from_datetime(each.message.publish_time)
                device, several = (each.message.attributes.get(name) for name in ("device_id", SEVERAL))
                if self._address.devices and (device is not None or several):  # Pub/Sub's own letter
                    body = as_letter(Unread(each.message.data, _SEVERAL if several else "", device, at), at)
                else:
                    body = each.message.data
                yield Received(each.message.message_id, at, body, each.ack_id)

    def send_again(self, message: bytes | Unread) -> None:
        """See `stores.dead_letter_boxes.Box.send_again`. The entrypoint reads the attributes."""
        if isinstance(message, bytes):
            send(self._publisher, self._address.target, [message])
            return
        whose = {SEVERAL: "again"} if message.topic == _SEVERAL else {"device_id": message.device_id or ""}
        attributes = {**whose, "received_at": message.received_at}
        send(self._publisher, self._address.target, [message.body], attributes=attributes)

    def remove(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.remove`."""
        with domain_errors("dead letters"):
            self._subscriber.acknowledge(subscription=self._address.subscription, ack_ids=[str(received.handle)])

    def let_go(self, received: Received) -> None:
        """See `stores.dead_letter_boxes.Box.let_go`."""
        self._hide([str(received.handle)], 0)

    def _pull(self) -> list[Any]:
        from google.api_core.exceptions import DeadlineExceeded

        request = {"subscription": self._address.subscription, "max_messages": _AT_ONCE}
        with domain_errors("dead letters"), suppress(DeadlineExceeded):
            return list(self._subscriber.pull(request=request, timeout=self._patience, retry=None).received_messages)
        return []

    def _hide(self, handles: list[str], seconds: int) -> None:
        with domain_errors("dead letters"):
            self._subscriber.modify_ack_deadline(
                subscription=self._address.subscription, ack_ids=handles, ack_deadline_seconds=seconds
            )


def open_dead_letters(outputs: Mapping[str, Any]) -> BoxedDeadLetters:
    """The dead letters of a deployed twin, by its output ``gcp_dead_letters``.

    Signs in with the application default credentials; takes ``roles/pubsub.subscriber`` and ``roles/pubsub.publisher``.
    Raises ConfigurationError where Google's libraries are not installed.
    """
    try:
        addresses = msgspec.convert(outputs["gcp_dead_letters"], dict[str, Address])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"the output gcp_dead_letters is not as this version deploys it: {error}") from error
    try:
        from google.pubsub_v1 import PublisherClient, SubscriberClient
    except ImportError as error:
        raise ConfigurationError(
            "dead letters on Google Cloud need google-cloud-pubsub: pip install 'twin2multicloud[gcp]'"
        ) from error
    with domain_errors("signing in to Google Cloud"):
        subscriber, publisher = SubscriberClient(), PublisherClient()
    boxes = {name: PubSubBox(subscriber, publisher, each) for name, each in addresses.items()}
    return BoxedDeadLetters(boxes, frozenset(name for name, each in addresses.items() if each.devices))

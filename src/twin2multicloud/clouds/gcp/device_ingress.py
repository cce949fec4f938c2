"""What devices publish on Google Cloud, on its way to the dispatcher: Pub/Sub, the device in an attribute."""

from typing import TYPE_CHECKING

from twin2multicloud.clouds.gcp.queue import send
from twin2multicloud.clouds.gcp.sdk_errors import PATIENCE

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient


class PubSubDeviceIngress:
    """A `DeviceIngress` on one topic, by its full name. Pub/Sub answers once several zones have stored it."""

    def __init__(self, client: "PublisherClient", topic: str, patience: float = PATIENCE) -> None:
        self._client, self._topic, self._patience = client, topic, patience

    def take(self, device_id: str, payload: bytes) -> None:
        """See `ports.device_ingress.DeviceIngress.take`. Raises also ConfigurationError.

        `entrypoint.on_device` reads it back.
        """
        send(self._client, self._topic, [payload], self._patience, {"device_id": device_id})

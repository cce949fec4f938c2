"""How a device reaches our device gateway on Google Cloud: URL, name and topic.

Pure: reads the outputs of the deployment, whose names are `render`'s.
"""

from collections.abc import Mapping

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.device_connection import Connection, DeviceKey

KEY = "key.txt"
"""The file with a device's key, which its registry writes."""


def connection(outputs: Mapping[str, str], device_id: str) -> Connection:
    """HTTPS publish to our device gateway: Google Cloud has no device service, and so no MQTT."""
    topic = telemetry_topic(outputs["twin"], device_id)
    url = f"{outputs['gcp_device_endpoint']}/{topic}"
    return Connection(
        device_id=device_id,
        cloud=Cloud("gcp"),
        protocol="https",
        host=url.removeprefix("https://").partition("/")[0],
        port=443,
        user_name=device_id,
        topic=topic,
        url=url,
        sign_in="Basic authentication, the password being key.txt; 200 means stored, 503 send it again",
    )


def device_key(connection: Connection, files: Mapping[str, str], now: float) -> DeviceKey:  # noqa: ARG001 - for others
    """What a device signs in with, of the files of its credentials."""
    return DeviceKey(password=files[KEY])

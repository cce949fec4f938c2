"""How a device reaches AWS IoT Core: host, names and topic.

Pure: reads the outputs of the deployment, whose names are `render`'s. Source: docs.aws.amazon.com
iot/latest/developerguide/protocols.html.
"""

from collections.abc import Mapping

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.device_connection import Connection, DeviceKey

CERTIFICATE, PRIVATE_KEY = "certificate.pem", "private.key"
"""The files of a device's credentials, which its registry writes."""


def connection(outputs: Mapping[str, str], device_id: str) -> Connection:
    """MQTT with a client certificate; the certificate lets a device in under its own name only."""
    return Connection(
        device_id=device_id,
        cloud=Cloud("aws"),
        protocol="mqtts",
        host=outputs["aws_device_endpoint"],
        port=8883,
        client_id=device_id,
        topic=telemetry_topic(outputs["twin"], device_id),
        sign_in="TLS client certificate: certificate.pem and private.key; the server's root is Amazon Root CA 1",
    )


def device_key(connection: Connection, files: Mapping[str, str], now: float) -> DeviceKey:  # noqa: ARG001 - for others
    """What a device signs in with, of the files of its credentials."""
    return DeviceKey(certificate=files[CERTIFICATE], private_key=files[PRIVATE_KEY])

"""How a device reaches its deployed twin, by cloud: what a device's firmware has to be told beside its credentials.

Owns host, port, names and topics, read off the outputs of the deployment; holds no key. What the outputs are called is
`render`'s, what a topic is like is each service's: docs.aws.amazon.com iot/latest/developerguide/protocols.html;
learn.microsoft.com azure/iot/iot-mqtt-connect-to-iot-hub (content type and encoding are what lets IoT Hub route by
JSON, and are spelled with ``%24`` for ``$``); on Google Cloud `render.on_gcp.device_gateway`'s.
"""

from collections.abc import Callable, Mapping

import msgspec

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.placement import Cloud

Outputs = Mapping[str, str]
MQTTS_PORT, HTTPS_PORT = 8883, 443


class Connection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one device connects, as whom, and where to it publishes. `sign_in` says what its files are for.

    Over MQTT it publishes to `topic`; over HTTPS it posts to `url`.
    """

    device_id: str
    cloud: Cloud
    protocol: str
    host: str
    port: int
    client_id: str = ""
    user_name: str = ""
    topic: str = ""
    url: str = ""  # of HTTPS publish: a reading, or a list of them, as the body of a POST
    sign_in: str


def on_aws(outputs: Outputs, device_id: str) -> Connection:
    """MQTT with a client certificate; the certificate lets a device in under its own name only."""
    return Connection(
        device_id=device_id,
        cloud=Cloud.AWS,
        protocol="mqtts",
        host=outputs["aws_device_endpoint"],
        port=MQTTS_PORT,
        client_id=device_id,
        topic=telemetry_topic(outputs["twin"], device_id),
        sign_in="TLS client certificate: certificate.pem and private.key; the server's root is Amazon Root CA 1",
    )


def on_azure(outputs: Outputs, device_id: str) -> Connection:
    """MQTT 3.1.1 with a password that the device makes of its key. Ids stand in topics as they are."""
    host = outputs["azure_device_endpoint"]
    return Connection(
        device_id=device_id,
        cloud=Cloud.AZURE,
        protocol="mqtts",
        host=host,
        port=MQTTS_PORT,
        client_id=device_id,
        user_name=f"{host}/{device_id}/?api-version=2021-04-12",
        topic=f"devices/{device_id}/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8",
        sign_in=f"password: a SAS token for {host}/devices/{device_id}, signed with symmetric.key; "
        "Azure's device SDKs make it of connection-string.txt",
    )


def on_gcp(outputs: Outputs, device_id: str) -> Connection:
    """HTTPS publish to the device gateway of ours: Google Cloud has no device service, and so no MQTT."""
    topic = telemetry_topic(outputs["twin"], device_id)
    url = f"{outputs['gcp_device_endpoint']}/{topic}"
    return Connection(
        device_id=device_id,
        cloud=Cloud.GCP,
        protocol="https",
        host=url.removeprefix("https://").partition("/")[0],
        port=HTTPS_PORT,
        user_name=device_id,
        topic=topic,
        url=url,
        sign_in="Basic authentication, the password being key.txt; 200 means stored, 503 send it again",
    )


CONNECTIONS: Mapping[Cloud, Callable[[Outputs, str], Connection]] = {
    Cloud.AWS: on_aws,
    Cloud.AZURE: on_azure,
    Cloud.GCP: on_gcp,
}

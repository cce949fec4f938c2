"""How a device reaches IoT Hub: host, names and topic.

Pure: reads the outputs of the deployment, whose names are `render`'s. Source: learn.microsoft.com
azure/iot/iot-mqtt-connect-to-iot-hub (content type and encoding are what lets IoT Hub route by JSON, and are spelled
with ``%24`` for ``$``).
"""

from collections.abc import Mapping

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.device_connection import Connection


def connection(outputs: Mapping[str, str], device_id: str) -> Connection:
    """MQTT 3.1.1 with a password that the device makes of its key. Ids are used in topics unchanged."""
    host = outputs["azure_device_endpoint"]
    return Connection(
        device_id=device_id,
        cloud=Cloud("azure"),
        protocol="mqtts",
        host=host,
        port=8883,
        client_id=device_id,
        user_name=f"{host}/{device_id}/?api-version=2021-04-12",
        topic=f"devices/{device_id}/messages/events/%24.ct=application%2Fjson&%24.ce=utf-8",
        sign_in=f"password: a SAS token for {host}/devices/{device_id}, signed with symmetric.key; "
        "Azure's device SDKs make it of connection-string.txt",
    )

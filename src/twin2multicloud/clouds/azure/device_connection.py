"""How a device reaches IoT Hub: host, names and topic.

Pure: reads the outputs of the deployment, whose names are `render`'s. Source: learn.microsoft.com
azure/iot/iot-mqtt-connect-to-iot-hub (content type and encoding are what lets IoT Hub route by JSON, and are spelled
with ``%24`` for ``$``) and azure/iot-hub/authenticate-authorize-sas (the token).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.device_connection import Connection, DeviceKey

KEY = "symmetric.key"
"""The file with a device's key, which its registry writes."""

_TOKEN_SECONDS = 3600


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


def device_key(connection: Connection, files: Mapping[str, str], now: float) -> DeviceKey:
    """What a device signs in with, of the files of its credentials: a token for itself that holds for an hour.

    `now` is in seconds since 1970.
    """
    resource = quote(f"{connection.host}/devices/{connection.device_id}", safe="")
    ends = int(now) + _TOKEN_SECONDS
    signed = hmac.new(base64.b64decode(files[KEY]), f"{resource}\n{ends}".encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(signed), safe="")
    return DeviceKey(password=f"SharedAccessSignature sr={resource}&sig={signature}&se={ends}")

"""An IoT Hub of ours, where azure-core's transport would open a socket: its service API, as strict as its documents.

Shapes: learn.microsoft.com/rest/api/iothub/service (bulk registry, query; 2021-04-12) and the models of Microsoft's SDK
for .NET (`ExportImportDevice`, `BulkRegistryOperationResult`). That single errors come with 400, that a creation fails
where the device is there, and that keys come in twos: as observed on a live hub and published. Ours alone: no lag.
"""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from requests import PreparedRequest
from requests.exceptions import ReadTimeout

from tests.rigs.vendor_azure_transport import Answer, ServedAdapter

HOST = "house-hub.azure-devices.net"
_ID = re.compile(r"[A-Za-z0-9\-.%_*?!(),:=@$']{1,128}")
_QUERY = re.compile(r"SELECT deviceId FROM devices WHERE tags\.twin = '([^']*)' AND status = 'enabled'")


class IotHubAdapter(ServedAdapter):
    """`devices` by id, as they were sent. A page of a query holds at most `page`, whatever was asked for.

    With `dark_after` set, it goes dark so often after it did what it was asked.
    """

    dark_after = 0

    def __init__(self, page: int = 100) -> None:
        super().__init__()
        self.devices: dict[str, dict[str, Any]] = {}
        self._page = page

    def answered(self, request: PreparedRequest) -> Answer:
        url = urlsplit(request.url or "")
        if parse_qs(url.query) != {"api-version": ["2021-04-12"]}:
            return _refusal(400, "InvalidProtocolVersion", f"the version is {url.query}")
        if request.headers.get("Authorization") != "Bearer a-token-of-the-rig":
            return _refusal(401, "IotHubUnauthorizedAccess", "Unauthorized")
        if request.method == "GET" and url.netloc == HOST and url.path.startswith("/devices/"):
            return self._identity(unquote(url.path.removeprefix("/devices/")))
        if not str(request.headers.get("content-type", "")).startswith("application/json"):
            return _refusal(415, "InvalidContentType", "JSON, please")
        body = json.loads(request.body or b"")
        match request.method, url.netloc, url.path:
            case "POST", host, "/devices" if host == HOST:
                return self._bulk(body)
            case "POST", host, "/devices/query" if host == HOST:
                return self._query(body, request)
        return _refusal(404, "GenericNotFound", f"{request.method} {url.path}")

    def _bulk(self, operations: Any) -> Answer:
        if not isinstance(operations, list) or len(operations) > 100:
            return _refusal(400, "TooManyDevices", "an array of at most 100 devices")
        if len({each["id"] for each in operations}) != len(operations):
            return _refusal(400, "InvalidDevices", "a device can be specified only once")
        errors = [error for each in operations if (error := self._one(each)) is not None]
        if self.dark_after:
            self.dark_after -= 1
            raise ReadTimeout("silence")
        result = {"isSuccessful": not errors, "errors": errors, "warnings": []}
        return (400 if errors else 200), {}, json.dumps(result).encode()

    def _one(self, operation: dict[str, Any]) -> dict[str, Any] | None:
        device_id, there = operation["id"], operation["id"] in self.devices
        match operation["importMode"]:
            case "create" if there:
                return _error(device_id, 409001, "A device with this id exists already")
            case "create" if not _is_whole(operation):
                return _error(device_id, 400027, "The device is not valid")
            case "create":
                self.devices[device_id] = operation
            case "delete" if not there:
                return _error(device_id, 404001, "Device not found")
            case "delete":
                del self.devices[device_id]
            case mode:
                return _error(device_id, 400000, f"Unknown mode {mode}")
        return None

    def _identity(self, device_id: str) -> Answer:
        if device_id not in self.devices:
            return _refusal(404, "DeviceNotFound", device_id)
        device = self.devices[device_id]
        found = {"deviceId": device_id, "status": device["status"], "authentication": device["authentication"]}
        return 200, {}, json.dumps(found).encode()

    def _query(self, body: Any, request: PreparedRequest) -> Answer:
        found = _QUERY.fullmatch(body["query"])
        if found is None:
            return _refusal(400, "InvalidQuery", body["query"])
        ids = [
            each["id"]
            for each in self.devices.values()
            if each["status"] == "enabled" and each.get("tags", {}).get("twin") == found[1]
        ]
        start = int(request.headers.get("x-ms-continuation", "0"))
        end = start + min(int(request.headers["x-ms-max-item-count"]), self._page)
        headers = {"x-ms-item-type": "Raw"} | ({"x-ms-continuation": str(end)} if end < len(ids) else {})
        return 200, headers, json.dumps([{"deviceId": each} for each in ids[start:end]]).encode()


def _is_whole(operation: dict[str, Any]) -> bool:
    """An id that fits, a status, and two keys of 16 to 64 bytes."""
    signs_in = operation["authentication"]
    keys = [base64.b64decode(each, validate=True) for each in signs_in["symmetricKey"].values()]
    fits = _ID.fullmatch(operation["id"]) is not None and operation["status"] in ("enabled", "disabled")
    return fits and signs_in["type"] == "sas" and len(keys) == 2 and all(16 <= len(each) <= 64 for each in keys)


def _error(device_id: str, code: int, status: str) -> dict[str, Any]:
    return {"deviceId": device_id, "errorCode": code, "errorStatus": status, "moduleId": None}


def _refusal(status: int, code: str, message: str) -> Answer:
    said = {"Message": f"ErrorCode:{code};{message}", "ExceptionMessage": "Tracking ID:0-G:0"}
    return status, {"iothub-errorcode": code}, json.dumps(said).encode()

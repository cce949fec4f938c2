"""The devices of a twin on Azure IoT Hub: an identity with a key of its own for each. Ships in no bundle.

There is no maintained SDK of the service API for Python, so azure-core's pipeline calls its REST API (2021-04-12):
``POST /devices`` takes an array of at most 100 creations or deletions and answers 200, or 400 with the errors of
single devices; ``POST /devices/query`` pages with ``x-ms-continuation`` (learn.microsoft.com/rest/api/iothub/service,
bulk registry and query). The tag ``twin`` says whose a device is. Queries follow what happened by seconds.

Keys are made here, because a bulk creation tells none: 32 random bytes. IoT Hub wants two or none; nobody keeps the
second. An answer of 429 comes without Retry-After and means ten seconds: it is waited out. Nothing else is sent again
by itself; where it is unknown whether a creation happened, the hub's keys are compared.
"""

import base64
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from twin2multicloud.clouds.azure.device_connection import KEY as KEY
from twin2multicloud.clouds.azure.invocation import connect, operator
from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import FinalError, RetryableError, TwinError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.device_registry import DeviceCredentials

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse

    from twin2multicloud.clouds.azure.invocation import Client

CONNECTION_STRING = "connection-string.txt"

# learn.microsoft.com azure/iot-hub/iot-hub-devguide-identity-registry, device identity properties
_DEVICE_ID = re.compile(r"[A-Za-z0-9\-.%_*?!(),:=@$']{1,128}")
_ALLOWED = "up to 128 ASCII letters, digits and - . % _ * ? ! ( ) , : = @ $ '"
AUDIENCE = "https://iothubs.azure.net"
_VERSION = "2021-04-12"
_BULK, _PAGE = 100, 1000
_PATIENCE_S = (10.0, 10.0, 20.0, 30.0, 60.0)
_READ_SECONDS = 60
_EXISTS = frozenset({"DeviceAlreadyExists", "409001"})
_ABSENT = frozenset({"DeviceNotFound", "404001"})

Operation = dict[str, Any]
_T = TypeVar("_T")


class _ThrottledError(RetryableError):
    """The hub did nothing of it."""


class _Error(msgspec.Struct, rename="camel"):
    """What went wrong with one device; the code is a word or a number."""

    device_id: str = ""
    error_code: str | int = ""
    error_status: str = ""


class _Listed(msgspec.Struct, rename="camel"):
    device_id: str


class _BulkResult(msgspec.Struct):
    errors: list[_Error] = []


def new_key() -> str:
    """A device's key, as IoT Hub takes it: 16 to 64 bytes, base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


class IotHubDeviceRegistry:
    """A `DeviceRegistry` in a hub of the twin's own."""

    def __init__(self, client: "Client", host: str, twin: str, clock: Clock) -> None:
        self._client, self._host, self._twin, self._clock = client, host, twin, clock

    def register(self, device_ids: Iterable[str]) -> Iterator[DeviceCredentials]:
        """See `ports.device_registry.DeviceRegistry`. They come a hundred at a time."""
        wanted = list(dict.fromkeys(device_ids))
        for each in wanted:
            if not _DEVICE_ID.fullmatch(each):
                raise FinalError(f"device {each!r} cannot be a device's id in IoT Hub, which is {_ALLOWED}")
        return self._register(wanted)

    def registered(self) -> Iterator[str]:
        """See `ports.device_registry.DeviceRegistry`. The newest may be missing, the removed still there."""
        query = f"SELECT deviceId FROM devices WHERE tags.twin = '{self._twin}' AND status = 'enabled'"  # noqa: S608 - IoT Hub's SQL, and a twin's name holds no quote
        more: dict[str, str] = {}
        while True:
            headers = {"x-ms-max-item-count": str(_PAGE), **more}
            answer = self._send("listing devices", "POST", "/devices/query", {"query": query}, headers)
            for each in _decoded("listing devices", answer, list[_Listed]):
                yield each.device_id
            continuation = answer.headers.get("x-ms-continuation")
            if not continuation:
                return
            more = {"x-ms-continuation": continuation}

    def remove(self, device_ids: Iterable[str]) -> None:
        """See `ports.device_registry.DeviceRegistry`."""
        wanted = [each for each in dict.fromkeys(device_ids) if _DEVICE_ID.fullmatch(each)]
        for some in _slices(wanted):
            errors = self._change("removing devices", [{"id": each, "importMode": "delete"} for each in some])
            _raise_for("removing devices", [each for each in errors if str(each.error_code) not in _ABSENT])

    def _register(self, wanted: Sequence[str]) -> Iterator[DeviceCredentials]:
        for some in _slices(wanted):
            keys = {each: new_key() for each in some}
            try:
                errors = self._change("registering devices", [self._creation(each, key) for each, key in keys.items()])
            except _ThrottledError:
                raise
            except RetryableError:  # the outcome is unknown, and only this process knows the keys
                yield from (self._credentials(each, key) for each, key in keys.items() if self._has(each, key))
                raise
            refused = {each.device_id for each in errors}
            yield from (self._credentials(each, key) for each, key in keys.items() if each not in refused)
            _raise_for("registering devices", [each for each in errors if str(each.error_code) not in _EXISTS])

    def _creation(self, device_id: str, key: str) -> Operation:
        return {
            "id": device_id,
            "importMode": "create",
            "status": "enabled",
            "authentication": {"type": "sas", "symmetricKey": {"primaryKey": key, "secondaryKey": new_key()}},
            "tags": {"twin": self._twin},
        }

    def _credentials(self, device_id: str, key: str) -> DeviceCredentials:
        """The key, and what Azure's device SDKs take."""
        connection = f"HostName={self._host};DeviceId={device_id};SharedAccessKey={key}"
        return DeviceCredentials(device_id, {KEY: key, CONNECTION_STRING: connection})

    def _has(self, device_id: str, key: str) -> bool:
        """Whether the hub has a device, with this key."""
        answer = self._send("registering devices", "GET", f"/devices/{quote(device_id, safe='')}", may_answer=(404,))
        if answer.status_code == 404:
            return False
        found = _decoded("registering devices", answer, dict[str, Any])
        return bool(((found.get("authentication") or {}).get("symmetricKey") or {}).get("primaryKey") == key)

    def _change(self, doing: str, operations: Sequence[Operation]) -> list[_Error]:
        """Change devices; what was not done. 400 is for the whole where it names no device."""
        answer = self._send(doing, "POST", "/devices", operations, may_answer=(400,))
        if answer.status_code == 200:
            return _decoded(doing, answer, _BulkResult).errors if answer.content else []
        with suppress(msgspec.DecodeError):
            if errors := msgspec.json.decode(answer.content, type=_BulkResult).errors:
                return errors
        raise by_status(doing, 400, answer.text()[:300], {})

    def _send(
        self,
        doing: str,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        may_answer: tuple[int, ...] = (),
    ) -> "HttpResponse":
        """One request, and again while the hub is throttled. Answers 200, or what it may answer beside it."""
        from azure.core.rest import HttpRequest

        url, version = self._client.format_url(path), {"api-version": _VERSION}
        content = None if body is None else msgspec.json.encode(body)
        whole = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        with domain_errors(doing):
            for seconds in (*_PATIENCE_S, 0.0):
                request = HttpRequest(method, url, params=version, headers=whole, content=content)
                answer = self._client.send_request(request)
                if answer.status_code != 429 or not seconds:
                    break
                self._clock.sleep(seconds)
        if answer.status_code == 429:
            raise _ThrottledError(f"{doing}: Azure answered 429: {answer.text()[:300]}")
        if answer.status_code != 200 and answer.status_code not in may_answer:
            raise by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
        return answer


def open_registry(outputs: Mapping[str, str]) -> IotHubDeviceRegistry:
    """The registry of a deployed twin, by its outputs ``twin`` and ``azure_device_endpoint`` (the hub's host name).

    Signs in as azure-identity finds credentials: ``AZURE_…``, a managed identity, `az login`. Raises ConfigurationError
    where the package is not installed.
    """
    credential, host = operator("devices on Azure need"), outputs["azure_device_endpoint"]
    client = connect(f"https://{host}", AUDIENCE, credential, read_seconds=_READ_SECONDS)
    return IotHubDeviceRegistry(client, host, outputs["twin"], SystemClock())


def _decoded(doing: str, answer: "HttpResponse", kind: type[_T]) -> _T:
    """What an answer says. Raises RetryableError where it is not the hub's: something on the way spoke for it."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise RetryableError(f"{doing}: {answer.status_code}, not a response of IoT Hub ({error})") from error


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BULK):
        yield ids[start : start + _BULK]


def _raise_for(doing: str, errors: Sequence[_Error]) -> None:
    """Raise the error of several that lets the others come again, if any."""
    found = [_as_domain_error(doing, each) for each in errors]
    if found:
        raise next((each for each in found if isinstance(each, RetryableError)), found[0])


def _as_domain_error(doing: str, error: _Error) -> TwinError:
    """A code is a number that starts with the HTTP status, or its name."""
    code = str(error.error_code)
    said = f"{error.device_id}: {code} {error.error_status}".rstrip()
    failed = code in ("ServerError", "ServiceUnavailable", "GenericServerError")
    by_name = 429 if code.startswith("Throttl") else 503 if failed else 400
    return by_status(doing, int(code[:3]) if code.isdigit() else by_name, said, {})

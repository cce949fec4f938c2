"""Publishing code to Flex Consumption: one deploy, as `func` and `az` do it. Ships in no bundle.

``POST https://<scm>/api/publish?RemoteBuild=false`` with the zip and an Entra token for Resource Manager, then
``GET /api/deployments/<id>`` until the status is 4 (3: failed): azure-cli, enable_zip_deploy_flex;
azure-functions-core-tools, DeployStatus; learn.microsoft.com, functions-deployment-technologies#one-deploy.
Basic authentication stays off. Nothing is built there: the archive has its wheels. Where the SCM site is, Resource
Manager says (``hostNameSslStates``, hostType Repository): its name may carry a hash.

What an app runs is told by who published it: the archive's digest is part of the name that we publish under
(``Deployer``, as ``az_cli`` is azure-cli's), so that no file of ours and no setting of the app has to remember it.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from twin2multicloud.clouds.azure.invocation import MANAGEMENT, connect, operator
from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.ports.clock import Clock

if TYPE_CHECKING:
    from twin2multicloud.clouds.azure.invocation import Client

_Found = TypeVar("_Found")

_VERSION = "2024-04-01"
_MANAGED, _NO_QUERY = {"api-version": _VERSION}, dict[str, str]()
_DEPLOYER = "t2mc-"
_FAILED, _SUCCEEDED, _CONFLICT, _PARTLY = 3, 4, 5, 6
_EVERY_SECONDS, _PATIENCE_SECONDS = 5.0, 600.0
"""An app that was made a moment ago has no SCM site for some minutes, and its host starts after the deployment."""
_UPLOAD_SECONDS = 300.0


class _Host(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    host_type: str = ""


class _Properties(msgspec.Struct, frozen=True, rename="camel"):
    host_name_ssl_states: tuple[_Host, ...] = ()


class _Site(msgspec.Struct, frozen=True):
    properties: _Properties = _Properties()


class _Functions(msgspec.Struct, frozen=True):
    value: tuple[Mapping[str, Any], ...] = ()


class _Deployment(msgspec.Struct, frozen=True):
    status: int = 0
    status_text: str | None = None
    message: str | None = None
    deployer: str | None = None


class FlexCodePublisher:
    """A `CodePublisher`. `apps` are Resource Manager's ids by function; `open_client` makes a client of an address."""

    def __init__(self, apps: Mapping[str, str], open_client: Callable[[str], "Client"], clock: Clock) -> None:
        self._apps, self._open, self._clock = apps, open_client, clock
        self._management = open_client(MANAGEMENT)

    def published(self) -> Mapping[str, str]:
        """See `CodePublisher.published`."""
        with ThreadPoolExecutor(8) as pool:
            found = dict(zip(self._apps, pool.map(self._stands, self._apps), strict=True))
        return {function: digest for function, digest in found.items() if digest}

    def publish(self, function: str, archive: bytes, digest: str) -> None:
        """See `CodePublisher.publish`."""
        doing = f"{function}: publishing its code"
        scm, deployment = self._patiently(doing, lambda: self._posted(function, archive, digest))
        self._patiently(doing, lambda: self._finished(function, scm, deployment))
        self._patiently(doing, lambda: self._listed(function))

    def _stands(self, function: str) -> str:
        """The digest of what was published last; empty where that was not us, or failed, or was never."""
        scm = self._scm(function)
        if scm is None:
            return ""
        answer = self._asked(scm, "GET", "/api/deployments/latest")
        if answer.status_code == 404:
            return ""
        found = self._read(function, answer, _Deployment)
        said = found.deployer or ""
        return said.removeprefix(_DEPLOYER) if found.status == _SUCCEEDED and said.startswith(_DEPLOYER) else ""

    def _scm(self, function: str) -> "Client | None":
        """The app's SCM site; None where there is no such app (any more)."""
        answer = self._asked(self._management, "GET", self._apps[function], _MANAGED)
        if answer.status_code == 404:
            return None
        hosts = self._read(function, answer, _Site).properties.host_name_ssl_states
        name = next((each.name for each in hosts if each.host_type.lower() == "repository"), "")
        if not name:
            raise RetryableError(f"{function}: its app has no SCM site yet")
        return self._open(f"https://{name}")

    def _posted(self, function: str, archive: bytes, digest: str) -> tuple["Client", str]:
        scm = self._scm(function)
        if scm is None:
            raise RetryableError(f"{function}: its app is not there yet")
        query = {"RemoteBuild": "false", "Deployer": f"{_DEPLOYER}{digest}"}
        answer = self._asked(scm, "POST", "/api/publish", query, archive)
        if answer.status_code in (404, 409):  # the site is not there yet; somebody else publishes
            raise RetryableError(f"{function}: its SCM site answered {answer.status_code}")
        self._refused(function, answer, (200, 202))
        return scm, answer.text().strip().strip('"') or "latest"

    def _finished(self, function: str, scm: "Client", deployment: str) -> None:
        answer = self._asked(scm, "GET", f"/api/deployments/{deployment}")
        if answer.status_code == 404:
            raise RetryableError(f"{function}: its deployment is not listed yet")
        found = self._read(function, answer, _Deployment)
        if found.status in (_FAILED, _CONFLICT, _PARTLY):
            why = found.status_text or found.message or f"status {found.status}"
            raise TwinError(f"{function}: Azure took its code and could not deploy it: {why[:300]}")
        if found.status != _SUCCEEDED:
            raise RetryableError(f"{function}: its code is still being deployed")

    def _listed(self, function: str) -> None:
        """An app whose code fails at import is published all the same, and has no function."""
        answer = self._asked(self._management, "GET", f"{self._apps[function]}/functions", _MANAGED)
        if not self._read(function, answer, _Functions).value:
            raise RetryableError(
                f"{function}: Azure deployed its code and finds no function in it; the app's log says why"
            )

    def _patiently(self, doing: str, attempt: Callable[[], _Found]) -> _Found:
        """What an attempt gives, tried again while Azure is not ready. Raises TwinError once patience ends."""
        end = self._clock.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return attempt()
            except RetryableError as error:
                if self._clock.monotonic() >= end:
                    raise TwinError(f"{doing}: given up after {_PATIENCE_SECONDS:.0f} s: {error}") from error
                self._clock.sleep(error.retry_after or _EVERY_SECONDS)

    def _asked(
        self,
        client: "Client",
        method: str,
        path: str,
        query: Mapping[str, str] = _NO_QUERY,
        body: bytes | None = None,
    ) -> Any:  # noqa: ANN401 - azure-core's answer
        from azure.core.rest import HttpRequest

        headers = {} if body is None else {"content-type": "application/zip"}
        request = HttpRequest(method, client.format_url(path), params=dict(query), content=body, headers=headers)
        with domain_errors(f"{method} {urlsplit(request.url).netloc}{path}"):
            return client.send_request(request)

    def _read(self, function: str, answer: Any, kind: type[_Found]) -> _Found:  # noqa: ANN401 - see `_asked`
        self._refused(function, answer, (200, 202))
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{function}: the endpoint did not answer as Azure does") from error

    def _refused(self, function: str, answer: Any, expected: tuple[int, ...]) -> None:  # noqa: ANN401 - see `_asked`
        if answer.status_code not in expected:
            raise by_status(f"{function}: publishing its code", answer.status_code, answer.text()[:300], answer.headers)


def open_publisher(outputs: Mapping[str, Any]) -> FlexCodePublisher:
    """The functions of a deployed twin, by its outputs: ``azure_apps`` are the apps' ids by function.

    Signs in as azure-identity finds credentials: ``AZURE_…``, a managed identity, `az login`. Whoever publishes needs
    ``Microsoft.Web/sites/publish/action``, which Contributor and Website Contributor have. Raises ConfigurationError
    where azure-identity is not installed.
    """
    credential = operator("publishing code to Azure needs")

    def client(url: str) -> "Client":
        return connect(url, MANAGEMENT, credential, read_seconds=_UPLOAD_SECONDS)

    return FlexCodePublisher(outputs["azure_apps"], client, SystemClock())

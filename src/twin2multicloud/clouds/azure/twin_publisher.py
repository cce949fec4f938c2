"""Models, twins and relationships of a deployed twin, brought to its Azure Digital Twins instance. Ships in no bundle.

Which requests that takes, `models.dtdl_changes` says. What is there is asked by the models' list and by queries, which
lag by up to ten seconds: what exists already although it was not seen is as good as made.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from twin2multicloud.clouds.azure.invocation import connect, operator
from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.clouds.azure.twin_graph import AUDIENCE, VERSION, DigitalTwins
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.models.dtdl_changes import MODELS, QUERY, Change, Instance, changes

if TYPE_CHECKING:
    from twin2multicloud.clouds.azure.invocation import Client

OUTPUT = "azure_twin_service"
_EXISTS = 412
_ROLE_IS_ON_ITS_WAY = (401, 403)
_EVERY_SECONDS, _PATIENCE_SECONDS = 10.0, 600.0
"""A role that was granted a moment ago is not everywhere for up to five minutes (role-based-access-control, limits)."""
_Next = str | None


class _Page(msgspec.Struct, frozen=True):
    value: tuple[dict[str, Any], ...]
    next_link: _Next = msgspec.field(default=None, name="nextLink")
    continuation_token: _Next = msgspec.field(default=None, name="continuationToken")


class InstancePublisher:
    """A `TwinPublisher`. `client` signs in for `clouds.azure.twin_graph.AUDIENCE`."""

    def __init__(self, client: "Client", sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self._sleep = client, sleep

    def missing(self, exported: Mapping[str, Any]) -> int:
        """See `TwinPublisher.missing`."""
        return len(changes(exported, self._there()))

    def publish(self, exported: Mapping[str, Any], done: Callable[[], None]) -> int:
        """See `TwinPublisher.publish`. Waits for a role that was granted a moment ago."""
        found = changes(exported, self._there())
        for each in found:
            self._make(each)
            done()
        return len(found)

    def withdraw(self, done: Callable[[], None]) -> int:  # noqa: ARG002 - the port's
        """See `TwinPublisher.withdraw`: an instance is deleted with all that it holds."""
        return 0

    def _there(self) -> Instance:
        models = [each["model"] for each in self._listed(f"/{MODELS}")]
        twins = self._queried("SELECT * FROM DIGITALTWINS")
        return Instance(models, list(twins), list(self._queried("SELECT * FROM RELATIONSHIPS")))

    def _listed(self, path: str) -> Iterator[dict[str, Any]]:
        query = {"api-version": VERSION, "includeModelDefinition": "true"}
        page = self._page("GET", path, query)
        while True:
            yield from page.value
            if not page.next_link:
                return
            url = urlsplit(page.next_link)
            page = self._page("GET", f"{url.path}?{url.query}", {})

    def _queried(self, text: str) -> Iterator[dict[str, Any]]:
        asked = {"query": text}
        while True:
            page = self._page("POST", f"/{QUERY}", {"api-version": VERSION}, asked)
            yield from page.value
            if not page.continuation_token:
                return
            asked = {"query": text, "continuationToken": page.continuation_token}

    def _page(self, method: str, path: str, query: Mapping[str, str], body: object = None) -> _Page:
        answer = self._asked(method, path, query, body)
        try:
            return msgspec.json.decode(answer.content, type=_Page)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{path}: the endpoint did not answer as Azure Digital Twins") from error

    def _make(self, change: Change) -> None:
        path = "/" + "/".join(quote(each, safe="") for each in change.path)
        headers = {"if-none-match": "*"} if change.only_new else {}
        self._asked(change.method, path, {"api-version": VERSION}, change.body, headers)

    def _asked(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - azure-core's answer
        from azure.core.rest import HttpRequest

        doing, waited = f"{method} {path.partition('?')[0]}", 0.0
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        content = None if body is None else msgspec.json.encode(body)
        sent = {**(headers or {}), **({"content-type": kind} if content is not None else {})}
        while True:
            request = HttpRequest(
                method, self._client.format_url(path), params=dict(query), headers=sent, content=content
            )
            with domain_errors(doing):
                answer = self._client.send_request(request)
            if answer.status_code < 300 or (answer.status_code == _EXISTS and "if-none-match" in sent):
                return answer
            error = by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
            wait = _wait(error, answer.status_code)
            if wait is None or waited >= _PATIENCE_SECONDS:
                raise error
            self._sleep(wait)
            waited += wait


def _wait(error: TwinError, status: int) -> float | None:
    """How long to wait before a request is made again; None where that changes nothing."""
    if status in _ROLE_IS_ON_ITS_WAY:
        return _EVERY_SECONDS
    return (error.retry_after or 1.0) if isinstance(error, RetryableError) else None


def _client(outputs: Mapping[str, Any], purpose: str) -> "Client":
    return connect(str(outputs[OUTPUT]), AUDIENCE, operator(purpose))


def open_publisher(outputs: Mapping[str, Any]) -> InstancePublisher:
    """The instance of a deployed twin, by its output ``azure_twin_service``, a URL. Signs in as azure-identity finds
    credentials; a deployment grants the deployer Azure Digital Twins Data Owner."""
    return InstancePublisher(_client(outputs, "publishing twins to Azure needs"))


def open_graph(outputs: Mapping[str, Any]) -> DigitalTwins:
    """The same, to read what twins were measured to be."""
    return DigitalTwins(_client(outputs, "reading twins on Azure needs"))

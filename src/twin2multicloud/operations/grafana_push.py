"""Puts exported dashboards into a Grafana that runs, through its HTTP API, each with its own result.

API: grafana.com, developer resources, HTTP API: folders, data source, dashboard (``/api/dashboards/db``).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from twin2multicloud.dashboards.data_source import Json
from twin2multicloud.dashboards.provisioning import Provisioning
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.ports.clock import Chance
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire.http import may_pass
from twin2multicloud.wire.retry import RetryPolicy, parse_retry_after

_TIMEOUT = 30.0
_THERE = (409, 412)
"""What Grafana answers for a name or uid that exists: a folder 409 or 412, a data source 409."""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one thing: `outcome` is ``written``, ``kept`` (it was there) or ``failed``, with its reason."""

    kind: str
    name: str
    outcome: str
    reason: str = ""


class GrafanaApi:
    """One Grafana. `token` is a service account's, with the role Admin for data sources and Editor for dashboards."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: Transport,
        sleep: Callable[[float], None],
        chance: Chance,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._url, self._transport, self._sleep, self._chance = url.rstrip("/"), transport, sleep, chance
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._policy = policy or RetryPolicy()

    def push(self, made: Provisioning, environment: Mapping[str, str]) -> list[Pushed]:
        """Put folder, data sources and dashboards there; go on after one that fails.

        A data source that is there is kept, since its secrets may have been changed by hand; a dashboard is replaced.
        Raises ConfigurationError, before anything is sent, for a variable that `environment` lacks, and for a token
        that Grafana refuses.
        """
        missing = [name for name in made.variables if not environment.get(name)]
        if missing:
            raise ConfigurationError(f"the data sources need {', '.join(missing)} in the environment; set them first")
        title = made.dashboards[0]["title"]
        uid = made.dashboards[0]["uid"]
        done = [self._put("folder", title, "/api/folders", {"uid": uid, "title": title})]
        done += [
            self._put("data source", each["name"], "/api/datasources", _filled(each, environment))
            for each in made.sources
        ]
        done += [
            self._put(
                "dashboard",
                each["title"],
                "/api/dashboards/db",
                {"dashboard": each, "folderUid": uid, "overwrite": True, "message": "t2mc grafana push"},
            )
            for each in made.dashboards
        ]
        return done

    def _put(self, kind: str, name: str, path: str, body: Json) -> Pushed:
        try:
            reply = self._post(path, msgspec.json.encode(body))
        except RetryableError as error:
            return Pushed(kind=kind, name=name, outcome="failed", reason=str(error))
        if reply.status in (401, 403):
            raise ConfigurationError(
                f"{self._url} refuses the token for a {kind} ({reply.status}: {_message(reply)}); "
                "use one of a service account with the role Admin"
            )
        if 200 <= reply.status < 300:
            return Pushed(kind=kind, name=name, outcome="written")
        if reply.status in _THERE and kind != "dashboard":
            return Pushed(kind=kind, name=name, outcome="kept")
        return Pushed(kind=kind, name=name, outcome="failed", reason=f"{reply.status}: {_message(reply)}")

    def _post(self, path: str, body: bytes) -> Reply:
        """One request, tried again where that may help. Raises RetryableError where no answer came at all."""
        retry = 0
        while True:
            error, reply = None, None
            try:
                reply = self._transport.post(self._url + path, self._headers, body, _TIMEOUT)
                if not may_pass(reply.status):
                    return reply
            except RetryableError as found:
                error = found
            after = parse_retry_after(reply.headers.get("retry-after")) if reply is not None else None
            wait = self._policy.delay(retry, self._chance, after)
            if wait is None:
                if error is not None:
                    raise error
                assert reply is not None  # noqa: S101 - either of the two is there
                return reply
            self._sleep(wait)
            retry += 1


def _message(reply: Reply) -> str:
    try:
        return str(msgspec.json.decode(reply.body, type=dict[str, Any]).get("message", ""))[:200]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "no answer in JSON"


def _filled(value: Any, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """A data source with its variables put in, as Grafana does with a file."""
    if isinstance(value, str):
        return re.sub(r"\$([A-Z][A-Z0-9_]*)", lambda found: environment[found.group(1)], value)
    if isinstance(value, dict):
        return {key: _filled(each, environment) for key, each in value.items()}
    return [_filled(each, environment) for each in value] if isinstance(value, list) else value

"""Infinity's data sources and queries: the hot readers, TwinMaker with SigV4, Azure Digital Twins with OAuth2.

Parser is ``jq-backend``: it makes an empty frame of an empty answer, where JSONata makes an error, and alert rules can
use it. Cursor paging is not used: with this parser Infinity (3.11, GetRootData) takes ``["token"]`` and ``[]`` for
cursors, so that it never ends before its limit. A query asks for the newest values first, as many as one answer holds.
Source: github.com/grafana/grafana-infinity-datasource at 683f883, pkg/infinity and pkg/models.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from twin2multicloud.dashboards.data_source import FROM, NUMBERS, STEP, TO, DataSource, Feed, Json
from twin2multicloud.domain.device import DataType, Property
from twin2multicloud.domain.dtdl_names import OF_COMPONENT, component_twin
from twin2multicloud.wire.tokens import HEADER

TYPE = "yesoreyeram-infinity-datasource"
MOST_VALUES = 10_000
"""Values asked for, the newest. A panel asks for one a pixel, and is some 1,000 pixels wide; an alert rule for all."""
_TIMEOUT = 30  # seconds

_HISTORY = (
    "[.propertyValues[]? | .values[]? | {time: .time, value: (.value | to_entries | .[0].value)}] | sort_by(.time)"
)
_AS_NUMBERS = f'{_HISTORY} | map(.value |= if type == "boolean" then (if . then 1 else 0 end) else . end)'
_LATEST = (
    "(.propertyValues // {}) | to_entries | map({property: .key, "
    "value: (.value.propertyValue | to_entries | .[0].value | tostring), time: .value.time})"
)
_SECONDS_SINCE = 'now - (sub("\\\\.[0-9]+Z$"; "Z") | fromdate)'
_AGE = f"[.propertyValues[]?.time | select(. != null)] | max // empty | [{{age: ({_SECONDS_SINCE})}}]"
_OURS = " or ".join(f'. == "{name}"' for name in OF_COMPONENT)
_TWIN_LATEST = (
    '[.value[]? | ."$metadata" as $of | to_entries[] '
    f'| select(.key | startswith("$") or {_OURS} | not) '
    "| {property: .key, value: (.value | tostring), time: ($of[.key] | .sourceTime // .lastUpdateTime)}]"
)
_TWIN_AGE = (
    '[.value[]? | ."$metadata" | .[]? | objects | .sourceTime | select(. != null)] '
    f"| max // empty | [{{age: ({_SECONDS_SINCE})}}]"
)
_COLUMN_TYPES = {DataType.STRING: "string", DataType.BOOLEAN: "boolean"}
_LATEST_COLUMNS = (("property", "property", "string"), ("value", "value", "string"), ("time", "time", "timestamp"))
_AGE_COLUMNS = (("age", "age", "number"),)


class ReaderQuestions:
    """Pattern B: the hot readers by their URLs, with the token header."""

    gaps: tuple[str, ...] = ()

    def __init__(self, history_url: str, latest_url: str, *, token: str) -> None:
        self._history = _source("t2mc-hot-reader", "Hot reader", history_url, _token_settings(), {"apiKeyValue": token})
        self._latest = _source(
            "t2mc-last-entry", "Hot reader, last entry", latest_url, _token_settings(), {"apiKeyValue": token}
        )

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """See `Questions`."""
        return self._history, self._latest

    def history(self, feed: Feed, prop: Property, *, sampled: bool = True) -> Json:
        """See `Questions`."""
        aggregate = "mean" if prop.data_type in NUMBERS else "last"
        body = {
            "iotDeviceId": feed.device,
            "selectedProperties": [prop.name],
            "startTime": FROM,
            "endTime": TO,
            "orderByTime": "DESCENDING",
            "maxResults": MOST_VALUES,
            **({"every": STEP, "aggregate": aggregate} if sampled else {}),
        }
        return _history_target(self._history, "?panel=history", body, prop)

    def latest(self, feed: Feed, properties: tuple[Property, ...]) -> Json:
        """See `Questions`."""
        return _target(self._latest, "?panel=latest", _of(feed, properties), _LATEST, _LATEST_COLUMNS)

    def age(self, feed: Feed, properties: tuple[Property, ...]) -> Json:
        """See `Questions`."""
        return _target(self._latest, "?panel=age", _of(feed, properties), _AGE, _AGE_COLUMNS)


class TwinMakerQuestions:
    """Pattern C for TwinMaker: its data plane, signed with the static keys of an IAM user, as Infinity needs them."""

    gaps = ("TwinMaker answers latest values without their times, so its dashboards show no age of readings.",)

    def __init__(self, url: str, region: str, workspace: str) -> None:
        settings = {
            "auth_method": "aws",
            "aws": {"authType": "keys", "region": region, "service": "iottwinmaker"},
        }
        secrets = {"awsAccessKey": "T2MC_GRAFANA_ACCESS_KEY", "awsSecretKey": "T2MC_GRAFANA_SECRET_KEY"}
        self._source = _source("t2mc-twinmaker", "TwinMaker", url, settings, secrets)
        self._path = f"/workspaces/{workspace}/entity-properties"

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """See `Questions`."""
        return (self._source,)

    def history(self, feed: Feed, prop: Property, *, sampled: bool = True) -> Json | None:  # noqa: ARG002 - it cannot
        """See `Questions`. maxResults is at most 200 a page in the service, so it is left to its default."""
        if feed.entity is None:
            return None
        body = {**_of_entity(feed, (prop,)), "startTime": FROM, "endTime": TO, "orderByTime": "DESCENDING"}
        return _history_target(self._source, f"{self._path}/history", body, prop)

    def latest(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:
        """See `Questions`."""
        if feed.entity is None:
            return None
        return _target(self._source, f"{self._path}/value", _of_entity(feed, properties), _LATEST, _LATEST_COLUMNS[:2])

    def age(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:  # noqa: ARG002 - see `gaps`
        """See `Questions`."""
        return None


class DigitalTwinsQuestions:
    """Patterns A and C for Azure Digital Twins: its query API, with an app registration's client credentials."""

    gaps = (
        "Azure Digital Twins keeps the present state only, so its dashboards show latest values and ages, no history; "
        '"dashboard": "hot-store" shows history.',
    )

    def __init__(self, url: str) -> None:
        settings = {
            "auth_method": "oauth2",
            "oauth2": {
                "oauth2_type": "client_credentials",
                "client_id": "$T2MC_GRAFANA_CLIENT_ID",
                "token_url": "https://login.microsoftonline.com/$T2MC_GRAFANA_TENANT_ID/oauth2/v2.0/token",
                "scopes": ["https://digitaltwins.azure.net/.default"],
            },
        }
        secrets = {"oauth2ClientSecret": "T2MC_GRAFANA_CLIENT_SECRET"}
        self._source = _source("t2mc-digital-twins", "Azure Digital Twins", url, settings, secrets)

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """See `Questions`."""
        return (self._source,)

    def history(self, feed: Feed, prop: Property, *, sampled: bool = True) -> Json | None:  # noqa: ARG002 - see `gaps`
        """See `Questions`."""
        return None

    def latest(self, feed: Feed, properties: tuple[Property, ...]) -> Json:  # noqa: ARG002 - a twin is answered whole
        """See `Questions`."""
        return self._query(feed, _TWIN_LATEST, _LATEST_COLUMNS)

    def age(self, feed: Feed, properties: tuple[Property, ...]) -> Json:  # noqa: ARG002 - a twin is answered whole
        """See `Questions`."""
        return self._query(feed, _TWIN_AGE, _AGE_COLUMNS)

    def _query(self, feed: Feed, selector: str, columns: Sequence[tuple[str, str, str]]) -> Json:
        where = f"T.deviceId = '{feed.device}'"
        if feed.entity is not None and feed.component is not None:
            where = f"T.$dtId = '{component_twin(feed.entity, feed.component)}'"
        statement = f"SELECT TOP(1) FROM digitaltwins T WHERE {where}"  # noqa: S608 - ids have no quotes
        return _target(self._source, "/query?api-version=2023-10-31", {"query": statement}, selector, columns)


def _source(uid: str, name: str, url: str, settings: Json, secrets: dict[str, str]) -> DataSource:
    """A data source with one exact allowed host: Infinity takes a URL that begins with it and has the same host."""
    common = {"allowedHosts": [url], "unsecuredQueryHandling": "deny", "timeoutInSeconds": _TIMEOUT}
    return DataSource(uid=uid, name=name, type=TYPE, url=url, settings={**settings, **common}, secrets=secrets)


def _token_settings() -> Json:
    return {"auth_method": "apiKey", "apiKeyKey": HEADER, "apiKeyType": "header"}


def _of(feed: Feed, properties: tuple[Property, ...]) -> Json:
    return {"iotDeviceId": feed.device, "selectedProperties": [each.name for each in properties]}


def _of_entity(feed: Feed, properties: tuple[Property, ...]) -> Json:
    names = [each.name for each in properties]
    return {"entityId": feed.entity, "componentName": feed.component, "selectedProperties": names}


def _history_target(source: DataSource, url: str, body: Json, prop: Property) -> Json:
    kind = _COLUMN_TYPES.get(prop.data_type, "number")
    columns = (("time", "time", "timestamp"), ("value", prop.name, kind))
    # A text column would become a label of a time series; a state timeline takes it from a table.
    form = "timeseries" if prop.data_type in NUMBERS else "table"
    # An alert rule asks a boolean as a number.
    return _target(source, url, body, _AS_NUMBERS if kind == "number" else _HISTORY, columns, form)


def _target(
    source: DataSource,
    url: str,
    body: Any,  # noqa: ANN401 - JSON
    selector: str,
    columns: Sequence[tuple[str, str, str]],
    form: str = "table",
) -> Json:
    """A query. Its URL is put behind the data source's, and may not be empty: Infinity's front end would not run it."""
    return {
        "refId": "A",
        "datasource": source.reference,
        "type": "json",
        "source": "url",
        "parser": "jq-backend",
        "format": form,
        "url": url,
        "url_options": {
            "method": "POST",
            "body_type": "raw",
            "body_content_type": "application/json",
            "data": msgspec.json.encode(body).decode(),
        },
        "root_selector": selector,
        "columns": [{"selector": path, "text": text, "type": kind} for path, text, kind in columns],
        "filters": [],
    }

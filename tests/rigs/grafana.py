"""A stand-in for Grafana with Infinity: what a panel would send is sent, and its answer becomes rows as there.

Follows github.com/grafana/grafana-infinity-datasource at 683f883: pkg/infinity/request.go (URL, headers),
pkg/models/settings.go (allowed hosts), and jsonframer's root selector and columns. jq is jq's own program; the plugin
has gojq, which runs the same language.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import jq

from twin2multicloud.dashboards.provisioning import Provisioning
from twin2multicloud.ports.transport import Transport

Row = dict[str, Any]
INFINITY = "yesoreyeram-infinity-datasource"


class RigGrafana:
    """Reads a provisioning, in an environment, and runs its queries. Raises AssertionError for what it would refuse."""

    def __init__(self, made: Provisioning, environment: Mapping[str, str], transport: Transport) -> None:
        files = made.files()
        read = json.loads(files["datasources/t2mc.yaml"])
        self.sources = {each["uid"]: _expanded(each, environment) for each in read["datasources"]}
        self.dashboards = [json.loads(text) for name, text in files.items() if name.endswith(".json")]
        alerting = files.get("alerting/t2mc.yaml", '{"groups": []}')
        self.alerts = _expanded(json.loads(alerting), environment)["groups"]
        self._transport = transport

    def panels(self) -> Iterator[tuple[str, Mapping[str, str], dict[str, Any]]]:
        """Every panel that asks something: where it is, the variables of its dashboard, the panel."""
        for board in self.dashboards:
            variables = {each["name"]: each["current"]["value"] for each in board["templating"]["list"]}
            for panel in board["panels"]:
                if panel.get("targets"):
                    yield f"{board['title']}: {panel['title']}", variables, panel

    def ask(
        self, target: Mapping[str, Any], variables: Mapping[str, str], start: datetime, end: datetime, *, backend: bool
    ) -> list[Row]:
        """The rows of a query. `backend`: times as Infinity's backend writes them, which is how alert rules ask."""
        source = self.sources[target["datasource"]["uid"]]
        assert source["type"] == INFINITY == target["datasource"]["type"]
        assert (target["parser"], target["source"], target["type"]) == ("jq-backend", "url", "json")
        assert target["url"], "Infinity's front end runs no query without a URL"
        texts = times_of(start, end, backend=backend) | {f"${{{name}}}": value for name, value in variables.items()}
        url = replaced(source["url"] + target["url"], texts)
        require_allowed(url, source["jsonData"]["allowedHosts"])
        options = target["url_options"]
        assert (options["method"], options["body_type"]) == ("POST", "raw")
        settings, secrets = source["jsonData"], source["secureJsonData"]
        assert (settings["auth_method"], settings["apiKeyType"]) == ("apiKey", "header")
        headers = {"content-type": options["body_content_type"], settings["apiKeyKey"]: secrets["apiKeyValue"]}
        reply = self._transport.post(url, headers, replaced(options["data"], texts).encode(), 30.0)
        assert reply.status == 200, reply
        return framed(target, json.loads(reply.body))


def framed(target: Mapping[str, Any], answer: object) -> list[Row]:
    """An answer as rows: root selector, then columns with their types."""
    found = jq.compile(target["root_selector"]).input_value(answer).all()
    rows = found[0] if len(found) == 1 and isinstance(found[0], list) else found
    columns = [(each["text"], each["selector"], each["type"]) for each in target["columns"]]
    return [{text: _typed(row.get(selector), kind) for text, selector, kind in columns} for row in rows]


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    match kind:
        case "timestamp":
            return datetime.fromisoformat(value)
        case "number":
            assert isinstance(value, int | float), value
            assert not isinstance(value, bool), value
        case "boolean":
            assert isinstance(value, bool), value
        case _:
            assert isinstance(value, str), value
    return value


def times_of(start: datetime, end: datetime, *, backend: bool) -> dict[str, str]:
    """The macros of a time range. In a browser stamps have three digits; Go's ``.999`` drops trailing zeros."""
    found: dict[str, str] = {}
    for name, moment in (("__from", start), ("__to", end)):
        millis = str(round(moment.timestamp() * 1000))
        whole = moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        stamp = (whole.rstrip("0").rstrip(".") if backend else whole) + "Z"
        found |= {
            f"${{{name}:date:iso}}": stamp,
            f"${{{name}:date}}": stamp,
            f"${{{name}}}": millis,
            f"${name}": millis,
        }
    return found | {"${__interval}": "1m", "$__interval": "1m", "${__interval_ms}": "60000"}


def replaced(text: str, texts: Mapping[str, str]) -> str:
    for name, value in texts.items():
        text = text.replace(name, value)
    assert re.findall(r"\$(?:\{|__)\w*", text) == [], "Grafana knows no such variable"
    return text


def require_allowed(url: str, hosts: list[str]) -> None:
    """Both of Infinity's rules: the URL begins with an allowed one, and has the very same host."""
    asked = urlsplit(url).hostname
    assert any(url.startswith(each) and urlsplit(each).hostname == asked for each in hosts), (url, hosts)


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    """Variables of the environment put in; ``$$`` is a dollar sign."""
    if isinstance(value, str):
        parts = value.split("$$")
        return "$".join(re.sub(r"\$\{?(\w+)\}?", lambda found: environment[found.group(1)], part) for part in parts)
    if isinstance(value, dict):
        return {key: _expanded(each, environment) for key, each in value.items()}
    return [_expanded(each, environment) for each in value] if isinstance(value, list) else value

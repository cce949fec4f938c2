"""The provisioning folder: data sources, dashboards and alert rules as files, by their paths. Writes nothing.

Files that end in .yaml hold JSON, which is YAML: no writer of YAML, and nothing to quote. In the files of data sources
and alert rules Grafana replaces ``$NAME`` by its environment and ``$$`` by a dollar sign (pkg/services/provisioning/
values), so that every dollar sign of a query is doubled there; it reads dashboards as they are.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.dashboards.alerts import alert_groups
from twin2multicloud.dashboards.boards import dashboards
from twin2multicloud.dashboards.data_source import Json
from twin2multicloud.dashboards.pattern import questions_of
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.topology import Topology

BOARDS = "dashboards/t2mc"
_MOUNTED = "/etc/grafana/provisioning"


class Provisioning(msgspec.Struct, frozen=True, kw_only=True):
    """What Grafana reads at start. `variables` are what its environment needs; `gaps` are what it cannot show."""

    sources: list[Json]
    dashboards: list[Json]
    alerts: list[Json]
    variables: tuple[str, ...]
    gaps: tuple[str, ...]
    plugins: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """The folder's files, text by path. Mounted as /etc/grafana/provisioning."""
        provider = {
            "name": "t2mc",
            "type": "file",
            "folder": self.dashboards[0]["title"],
            "disableDeletion": False,
            "allowUiUpdates": False,
            "options": {"path": f"{_MOUNTED}/{BOARDS}"},
        }
        found = {
            "datasources/t2mc.yaml": _text({"apiVersion": 1, "prune": True, "datasources": self.sources}),
            "dashboards/t2mc.yaml": _text({"apiVersion": 1, "providers": [provider]}),
            **{f"{BOARDS}/{each['uid']}.json": _text(each) for each in self.dashboards},
        }
        if self.alerts:
            found["alerting/t2mc.yaml"] = _text(_escaped({"apiVersion": 1, "groups": self.alerts}))
        return found


def provisioning(twin: Twin, topology: Topology, urls: Mapping[str, str]) -> Provisioning:
    """Everything for the Grafana of a plan. Raises ConfigurationError as `questions_of` does."""
    questions = questions_of(topology, urls)
    alerts, without_alert = alert_groups(twin, questions)
    sources = [each.provisioned() for each in questions.sources]
    return Provisioning(
        sources=sources,
        dashboards=dashboards(twin, questions),
        alerts=alerts,
        variables=tuple(sorted(set(_variables(sources)))),
        gaps=(*questions.gaps, *without_alert),
        plugins=tuple(dict.fromkeys(each.type for each in questions.sources)),
    )


def _variables(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The names of the variables that a value refers to."""
    if isinstance(value, str):
        return re.findall(r"\$([A-Z][A-Z0-9_]*)", value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for part in parts for name in _variables(part)]


def _escaped(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value


def _text(value: Json) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"

"""What dashboards ask, and of whom: a data source, a feed and the questions. Owns the nouns; knows no plugin."""

from typing import Any, NamedTuple, Protocol

import msgspec

from twin2multicloud.domain.device import DataType, Property

Json = dict[str, Any]
NUMBERS = (DataType.DOUBLE, DataType.INTEGER, DataType.LONG)

FROM, TO = "${__from:date:iso}", "${__to:date:iso}"
"""The dashboard's time range. Grafana replaces them in a browser, Infinity's backend where an alert rule asks."""

STEP = "${__interval_ms}ms"
"""The time of a panel's pixel, a span. Grafana replaces it in a browser; Infinity's backend does not know it."""


class DataSource(msgspec.Struct, frozen=True, kw_only=True):
    """One data source. `settings` are its jsonData; `secrets` name, by secure field, the environment variable to read.

    A secret itself never gets here. Grafana replaces ``$NAME`` by its environment when it reads the file.
    """

    uid: str
    name: str
    type: str
    url: str = ""
    settings: Json = {}
    secrets: dict[str, str] = {}

    @property
    def reference(self) -> Json:
        """How a panel or a query names it."""
        return {"type": self.type, "uid": self.uid}

    def provisioned(self) -> Json:
        """Its entry in a provisioning file (grafana.com, administration/provisioning)."""
        return {
            "name": self.name,
            "uid": self.uid,
            "type": self.type,
            "access": "proxy",
            "editable": False,
            **({"url": self.url} if self.url else {}),
            "jsonData": self.settings,
            "secureJsonData": {field: f"${variable}" for field, variable in self.secrets.items()},
        }


class Feed(NamedTuple):
    """Where a device's values come from: its id, and the entity and component that it feeds, where there is one.

    A name may be a dashboard's variable, as in ``${device}``.
    """

    device: str
    entity: str | None = None
    component: str | None = None


class Questions(Protocol):
    """The queries of one pattern. A target is None where the pattern cannot answer it; `gaps` says so in sentences."""

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """The data sources that the targets name."""
        ...

    @property
    def gaps(self) -> tuple[str, ...]:
        """What its dashboards lack, a sentence each."""
        ...

    def history(self, feed: Feed, prop: Property, *, sampled: bool = True) -> Json | None:
        """Values of one property over the time range; the field has the property's name.

        `sampled`: one value for each `STEP`, where the pattern can; not for an alert rule, which must miss nothing.
        """
        ...

    def latest(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:
        """The latest value of each property as a table: property, value and, where known, time."""
        ...

    def age(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:
        """Seconds since the newest of the latest values."""
        ...

"""Pattern A on AWS: the TwinMaker plugin reads TwinMaker with the identity that Grafana runs as.

Source: github.com/grafana/grafana-iot-twinmaker-app at e6e35c5 (2.1.7).
"""

from twin2multicloud.dashboards.data_source import DataSource, Feed, Json
from twin2multicloud.domain.device import Property

TYPE = "grafana-iot-twinmaker-datasource"


class PluginQuestions:
    """TwinMaker knows entities and components: a device that feeds none has no panels here."""

    gaps = (
        "The TwinMaker plugin answers latest values without their times and shows devices that feed a component only.",
    )

    def __init__(self, region: str, workspace: str) -> None:
        settings = {
            "authType": "default",
            "defaultRegion": region,
            "assumeRoleArn": "$T2MC_TWINMAKER_ROLE_ARN",
            "workspaceId": workspace,
        }
        self._source = DataSource(uid="t2mc-twinmaker", name="TwinMaker", type=TYPE, settings=settings)

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """See `Questions`."""
        return (self._source,)

    def history(self, feed: Feed, prop: Property, *, sampled: bool = True) -> Json | None:  # noqa: ARG002 - it cannot
        """See `Questions`."""
        return self._target("EntityHistory", feed, (prop,), order="ASCENDING", filter=[])

    def latest(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:
        """See `Questions`."""
        return self._target("GetPropertyValue", feed, properties)

    def age(self, feed: Feed, properties: tuple[Property, ...]) -> Json | None:  # noqa: ARG002 - see `gaps`
        """See `Questions`."""
        return None

    def _target(self, kind: str, feed: Feed, properties: tuple[Property, ...], **more: object) -> Json | None:
        if feed.entity is None:
            return None
        return {
            "refId": "A",
            "datasource": self._source.reference,
            "queryType": kind,
            "entityId": feed.entity,
            "componentName": feed.component,
            "properties": [each.name for each in properties],
            **more,
        }

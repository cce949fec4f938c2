"""No panel over TwinMaker is empty, neither by the plugin's calls (pattern A) nor by Infinity's signed ones (C).

Over running emulated clouds, for every store; where that is not on AWS, TwinMaker reads it through the data connectors.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.rigs.clouds import ALL, AWS, GCP
from tests.rigs.grafana import RigGrafana
from tests.rigs.twinmaker_panels import KEY, SECRET, asked_by_infinity, asked_by_the_plugin
from tests.rigs.twins import twin

from twin2multicloud.dashboards.provisioning import provisioning
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.emulation import Emulation
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http_transport import HttpTransport

pytestmark = pytest.mark.functional

NOW = datetime.now(UTC).replace(microsecond=120_000)
SPAN = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
READING = {"temperature": 31.5, "humidity": 40, "total": 2**40, "mode": "cool", "on": True}
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "T2MC_TWINMAKER_ROLE_ARN": "arn:aws:iam::123456789012:role/grafana",
    "T2MC_GRAFANA_ACCESS_KEY": KEY,
    "T2MC_GRAFANA_SECRET_KEY": SECRET,
}


def house(store: Cloud, home: Cloud) -> Twin:
    where = dict.fromkeys(Slot, store) | {Slot.L1: AWS, Slot.L2: AWS, Slot.L4: AWS, Slot.L5: home}
    return twin(Placement.of(where), dashboard=DashboardSource.TWIN)


@pytest.fixture(scope="module", params=ALL, ids=str)
def service(request: pytest.FixtureRequest) -> Iterator[tuple[Cloud, str]]:
    """The store's cloud, and where the emulated TwinMaker answers."""
    with Emulation(house(request.param, AWS)) as emulation:
        for device in ("sensor-1", "sensor-2"):
            stamps = (NOW - timedelta(minutes=minutes) for minutes in (3, 2, 1))
            emulation.publish(device, *({**READING, "timestamp": each.isoformat()} for each in stamps))
        emulation.settle()
        deployment = load_deployment(Path(emulation._deployment.folder))
        yield request.param, deployment.site(AWS).http_url


def grafana(store: Cloud, home: Cloud, transport: HttpTransport) -> RigGrafana:
    described = house(store, home)
    return RigGrafana(provisioning(described, plan(described), {}), ENVIRONMENT, transport)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    found = HttpTransport()
    yield found
    found.close()


def check(panel: dict[str, Any], rows: list[dict[str, Any]], title: str) -> None:
    assert rows, title
    assert all(value is not None for row in rows for value in row.values()), title
    if panel["type"] in ("timeseries", "state-timeline"):
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        assert [row[panel["title"]] for row in rows] == [READING[panel["title"]]] * 3, title


def test_every_panel_of_the_plugin_has_values(service: tuple[Cloud, str], transport: HttpTransport) -> None:
    store, url = service
    client = boto3.client(
        "iottwinmaker",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )
    asked = grafana(store, AWS, transport)
    panels = list(asked.panels())
    for title, _, panel in panels:
        target = panel["targets"][0]
        workspace = asked.sources[target["datasource"]["uid"]]["jsonData"]["workspaceId"]
        check(panel, asked_by_the_plugin(client, workspace, target, *SPAN), title)
    assert len(panels) >= 12
    client.close()


def test_every_signed_panel_has_values(service: tuple[Cloud, str], transport: HttpTransport) -> None:
    store, url = service
    asked = grafana(store, GCP, transport)
    panels = list(asked.panels())
    for title, variables, panel in panels:
        target = panel["targets"][0]
        source = asked.sources[target["datasource"]["uid"]]
        check(panel, asked_by_infinity(source, target, variables, SPAN, (transport, url)), title)
    assert len(panels) >= 12

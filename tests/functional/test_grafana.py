"""No panel is empty: what each would send is sent to running emulated clouds, and its answer becomes rows with values.

For every store, and every home of Grafana that reads it by its readers.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.grafana import RigGrafana
from tests.rigs.twins import twin

from twin2multicloud.dashboards.provisioning import provisioning
from twin2multicloud.domain.device import DeviceGroup
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.emulator.host.deployment import load_secrets
from twin2multicloud.operations.emulation import Emulation
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http_transport import HttpTransport

pytestmark = pytest.mark.functional

NOW = datetime.now(UTC).replace(microsecond=120_000)  # Go writes this as .12
READING = {"temperature": 31.5, "humidity": 40, "total": 2**40, "mode": "cool", "on": True}
TRANSPORT = HttpTransport()
GROUP = DeviceGroup(name="floor", type="thermostat", count=3, id_pattern="floor-{n:02}")


def house(store: Cloud, home: Cloud) -> Twin:
    where = dict.fromkeys(Slot, store) | {Slot.L5: home}
    described = twin(Placement.of(where), dashboard=DashboardSource.HOT_STORE, events=True)
    catalog = msgspec.structs.replace(described.catalog, groups=(GROUP,))
    rules = tuple(msgspec.structs.replace(each, action=None) for each in described.events)  # their code is not here
    return msgspec.structs.replace(described, catalog=catalog, events=rules)


@pytest.fixture(scope="module", params=ALL, ids=str)
def clouds(request: pytest.FixtureRequest) -> Iterator[tuple[Cloud, Emulation]]:
    store: Cloud = request.param
    with Emulation(house(store, AWS if store == GCP else store)) as emulation:
        for device in ("sensor-1", "sensor-2", "floor-01"):
            stamps = (NOW - timedelta(minutes=minutes) for minutes in (3, 2, 1))
            emulation.publish(device, *({**READING, "timestamp": each.isoformat()} for each in stamps))
        emulation.settle()
        yield store, emulation
        TRANSPORT.close()


def homes(store: Cloud) -> list[Cloud]:
    """Where Grafana reads the readers of a store: everywhere, but for the Firestore plugin's own cloud."""
    return [home for home in ALL if (store, home) != (GCP, GCP)]


def grafana(emulation: Emulation, store: Cloud, home: Cloud) -> RigGrafana:
    described = house(store, home)
    urls = {component.partition(".")[2]: url for component, url in emulation.urls.items()}
    secrets = load_secrets(Path(emulation._deployment.folder))
    return RigGrafana(provisioning(described, plan(described), urls), {"INTER_CLOUD_TOKEN": secrets.token}, TRANSPORT)


def ask(asked: RigGrafana, target: Any, variables: Any = None, *, backend: bool = False) -> list[dict[str, Any]]:
    return asked.ask(target, variables or {}, NOW - timedelta(hours=1), NOW + timedelta(hours=1), backend=backend)


def test_every_panel_of_every_dashboard_has_values(clouds: tuple[Cloud, Emulation]) -> None:
    store, emulation = clouds
    for home in homes(store):
        asked = grafana(emulation, store, home)
        titles = []
        for title, variables, panel in asked.panels():
            rows = ask(asked, panel["targets"][0], variables)
            assert rows, title
            assert all(value is not None for row in rows for name, value in row.items() if name != "time"), title
            if panel["type"] in ("timeseries", "state-timeline"):
                assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
                assert [row[panel["title"]] for row in rows] == [READING[panel["title"]]] * 3, title
            titles.append(title)
        assert len(titles) == 2 + 7 * 4  # the twin's ages; an entity, two devices and a group of five properties each


def test_the_age_is_that_of_the_newest_reading(clouds: tuple[Cloud, Emulation]) -> None:
    store, emulation = clouds
    asked = grafana(emulation, store, homes(store)[0])
    ages = [panel for _, _, panel in asked.panels() if panel["title"] == "sensor-1"]
    (row,) = ask(asked, ages[0]["targets"][0])
    passed = (datetime.now(UTC) - NOW).total_seconds() + 60
    assert row["age"] == pytest.approx(passed, abs=2)


def test_every_alert_rule_is_answered_as_its_backend_asks(clouds: tuple[Cloud, Emulation]) -> None:
    store, emulation = clouds
    asked = grafana(emulation, store, homes(store)[-1])
    (group,) = asked.alerts
    assert [rule["title"] for rule in group["rules"]] == ["hot-function", "hot-workflow", "hot-feedback"]
    for rule in group["rules"]:
        question, _, condition = rule["data"]
        rows = ask(asked, question["model"], backend=True)
        assert [row["temperature"] for row in rows] == [31.5] * 3
        assert condition["model"]["expression"] == "$B > 30.0"


def test_an_empty_time_range_is_an_empty_panel_and_no_error(clouds: tuple[Cloud, Emulation]) -> None:
    store, emulation = clouds
    asked = grafana(emulation, store, homes(store)[0])
    early = datetime(2001, 1, 1, tzinfo=UTC)
    history = [panel for _, variables, panel in asked.panels() if panel["type"] == "timeseries" and not variables]
    for panel in history:
        assert asked.ask(panel["targets"][0], {}, early, early + timedelta(hours=1), backend=False) == []


def test_a_wrong_token_answers_no_panel(clouds: tuple[Cloud, Emulation]) -> None:
    store, emulation = clouds
    asked = grafana(emulation, store, homes(store)[0])
    for source in asked.sources.values():
        source["secureJsonData"]["apiKeyValue"] = "wrong"
    _, _, panel = next(asked.panels())
    with pytest.raises(AssertionError, match="401"):
        ask(asked, panel["targets"][0])


def test_the_homes_are_all_that_the_table_has() -> None:
    assert len([(store, home) for store in ALL for home in homes(store)]) == 8
    assert AZURE in homes(GCP)

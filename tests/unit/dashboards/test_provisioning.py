"""What is exported for each pattern, and that no secret, no foreign host and no dead link is in it."""

import json
import re
from typing import Any

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from twin2multicloud.dashboards.boards import board_uid, dashboards
from twin2multicloud.dashboards.data_source import Feed
from twin2multicloud.dashboards.infinity import ReaderQuestions
from twin2multicloud.dashboards.provisioning import Provisioning, provisioning
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.device import DeviceGroup
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.event_rule import Comparison, Term
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.planner import plan

INFINITY, PLUGIN = "yesoreyeram-infinity-datasource", "grafana-iot-twinmaker-datasource"
URLS = {Kind.HOT_READER: "https://a.example/hot-reader", Kind.HOT_READER_LAST_ENTRY: "https://b.example/last/"}


def placed(**slots: Cloud) -> Placement:
    return Placement.of(dict.fromkeys(Slot, AWS) | {Slot[name]: cloud for name, cloud in slots.items()})


def on_hot_store(store: Cloud = AWS, home: Cloud = AWS) -> Twin:
    return twin(placed(L3_HOT=store, L5=home), dashboard=DashboardSource.HOT_STORE, events=True)


def export(described: Twin, urls: dict[str, str] | None = None) -> Provisioning:
    return provisioning(described, plan(described), urls or {})


def settings(made: Provisioning) -> list[dict[str, Any]]:
    return [each["jsonData"] for each in made.sources]


@pytest.mark.parametrize("store", ALL, ids=str)
@pytest.mark.parametrize("home", ALL, ids=str)
def test_pattern_b_reads_the_readers_with_the_token_and_exact_hosts(store: Cloud, home: Cloud) -> None:
    if (store, home) == (GCP, GCP):
        with pytest.raises(ConfigurationError, match="Firestore"):
            export(on_hot_store(store, home))
        return
    made = export(on_hot_store(store, home), URLS)
    assert [each["url"] for each in made.sources] == ["https://a.example/hot-reader", "https://b.example/last"]
    assert [each["allowedHosts"] for each in settings(made)] == [[each["url"]] for each in made.sources]
    assert {each["apiKeyKey"] for each in settings(made)} == {"x-inter-cloud-token"}
    assert all(each["secureJsonData"] == {"apiKeyValue": "$INTER_CLOUD_TOKEN"} for each in made.sources)
    assert made.variables == ("INTER_CLOUD_TOKEN",)
    assert len(made.dashboards) == 5


def test_an_address_that_is_not_known_is_left_to_grafanas_environment() -> None:
    made = export(on_hot_store())
    assert made.variables == ("INTER_CLOUD_TOKEN", "T2MC_HOT_READER_LAST_ENTRY_URL", "T2MC_HOT_READER_URL")


@pytest.mark.parametrize(
    ("l4", "l5", "plugin", "sign_in"),
    [
        (AWS, AWS, PLUGIN, None),
        (AWS, GCP, INFINITY, "aws"),
        (AZURE, AZURE, INFINITY, "oauth2"),
        (AZURE, AWS, INFINITY, "oauth2"),
    ],
    ids=["A on AWS", "C with SigV4", "A on Azure", "C with OAuth2"],
)
def test_patterns_a_and_c_read_the_twin_service(l4: Cloud, l5: Cloud, plugin: str, sign_in: str | None) -> None:
    made = export(twin(placed(L4=l4, L5=l5), events=True))
    (source,) = made.sources
    assert source["type"] == plugin
    assert source["jsonData"].get("auth_method") == sign_in
    assert made.gaps
    panels = [panel for board in made.dashboards for panel in board["panels"] if panel.get("targets")]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}


def test_the_twin_service_of_google_cloud_is_refused_with_what_to_choose() -> None:
    with pytest.raises(ConfigurationError, match='"hot-store"'):
        export(twin(placed(L4=GCP)))


def test_links_lead_to_dashboards_that_are_there() -> None:
    made = export(on_hot_store())
    there = {each["uid"] for each in made.dashboards}
    assert len(there) == len(made.dashboards)
    named = set(re.findall(r'"/d/([^"?]+)"', json.dumps(made.dashboards)))
    assert named == there


def test_rules_are_thresholds_and_alerts() -> None:
    made = export(on_hot_store())
    (panel,) = [
        panel
        for board in made.dashboards
        for panel in board["panels"]
        if panel["title"] == "temperature" and board["title"] == "house / sensor-1"
    ]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1] == {"color": "red", "value": 30.0}
    (group,) = made.alerts
    assert [each["title"] for each in group["rules"]] == ["hot-function", "hot-workflow", "hot-feedback"]
    assert "$$B > 30.0" in made.files()["alerting/t2mc.yaml"]
    assert re.search(r"[^$]\$[^$]", made.files()["alerting/t2mc.yaml"]) is None


def test_a_rule_that_grafana_cannot_ask_is_a_gap() -> None:
    described = on_hot_store()
    off = Term(property="mode", comparison=Comparison.EQUAL, threshold="off")
    words = msgspec.structs.replace(described.events[0], name="words", when=off)
    held = msgspec.structs.replace(described.events[0], name="held", hold_seconds=300.0)
    of_group = msgspec.structs.replace(described.events[0], name="many", device=None, group="floor")
    made = export(msgspec.structs.replace(described, events=(words, of_group, held)))
    assert not made.alerts
    assert "alerting/t2mc.yaml" not in made.files()
    assert [gap.split()[1] for gap in made.gaps] == ["words", "many", "held"]


def test_a_group_is_one_dashboard_with_its_device_as_a_variable() -> None:
    described = on_hot_store()
    groups = tuple(
        DeviceGroup(name=f"of-{count}", type="thermostat", count=count, id_pattern=f"f{count}-{{n}}")
        for count in (3, 100_000)
    )
    catalog = msgspec.structs.replace(described.catalog, groups=groups)
    found = dashboards(
        msgspec.structs.replace(described, catalog=catalog), ReaderQuestions("https://a", "https://b", token="T")
    )
    small, large = (each["templating"]["list"][0] for each in found[-2:])
    assert [each["value"] for each in small["options"]] == ["f3-1", "f3-2", "f3-3"]
    assert (large["type"], large["query"]) == ("textbox", "f100000-1")


def test_every_dashboard_has_ids_places_and_a_uid_that_grafana_takes() -> None:
    for board in export(on_hot_store()).dashboards:
        assert board["schemaVersion"] == 41
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board["uid"])
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        places = [panel["gridPos"] for panel in board["panels"]]
        assert all(each["x"] + each["w"] <= 24 for each in places)
        cells = [(each["x"] + x, each["y"] + y) for each in places for x in range(each["w"]) for y in range(each["h"])]
        assert len(set(cells)) == len(cells), "panels overlap"


def test_uids_differ_where_names_do() -> None:
    long = "x" * 50
    uids = {board_uid("t", "device", name) for name in ("a b", "a-b", "a/b", long, long + "y", "")}
    assert len(uids) == 6


def test_a_question_about_a_device_names_it_as_the_reader_takes_it() -> None:
    described = on_hot_store()
    prop = described.catalog.types[0].properties[0]
    asker = ReaderQuestions("https://a", "https://b", token="T")
    asked = asker.history(Feed("sensor-1"), prop)
    whole = {
        "iotDeviceId": "sensor-1",
        "selectedProperties": ["temperature"],
        "startTime": "${__from:date:iso}",
        "endTime": "${__to:date:iso}",
        "orderByTime": "DESCENDING",
        "maxResults": 10_000,
    }
    assert json.loads(asked["url_options"]["data"]) == {**whole, "every": "${__interval_ms}ms", "aggregate": "mean"}
    text = asker.history(Feed("sensor-1"), described.catalog.types[0].properties[3])
    assert json.loads(text["url_options"]["data"])["aggregate"] == "last"
    alert = asker.history(Feed("sensor-1"), prop, sampled=False)
    assert json.loads(alert["url_options"]["data"]) == whole, "Infinity's backend knows no step"


def test_links_have_all_that_grafanas_schema_requires() -> None:
    """As DashboardLink has it in grafana-foundation-sdk's dashboard.jsonschema.json (f178d5a)."""
    required = {"title", "type", "icon", "tooltip", "tags", "asDropdown", "targetBlank", "includeVars", "keepTime"}
    boards = dashboards(on_hot_store(), ReaderQuestions("https://a.example", "https://b.example", token="T"))
    links = [link for board in boards for link in board["links"]]
    links += [link for board in boards for panel in board["panels"] for link in panel.get("links", ())]
    assert len(links) > 5
    assert all(required <= link.keys() for link in links)

"""The planner where a sentence says more than a law: single clouds, the dispatcher's ignorance, size."""

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import CATALOG, fleet, twin
from tests.rigs.world import resolved
from twin2multicloud.domain.placement import Cloud, Placement, Slot, all_placements
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.planning.connector_rules import BOUNDARIES, TABLE
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Delivery, Locality, ValueKind


def placed(**clouds: Cloud) -> Placement:
    return msgspec.structs.replace(Placement.single(AWS), **clouds)


def names(topology) -> set[str]:
    return {each.name for each in topology.components}


@pytest.mark.parametrize("cloud", ALL)
def test_a_twin_on_one_cloud_needs_no_crossing(cloud):
    topology = plan(twin(Placement.single(cloud)))
    variables = [each for component in topology.components for each in component.environment]
    # A dashboard reads our own twin service with the token, on the same cloud too; the others have services of theirs.
    own = ["twin-service"] if cloud == GCP else []
    assert [each.path for each in topology.endpoints] == [f"/{each}" for each in own]
    assert len([each for each in variables if each.kind in (ValueKind.URL, ValueKind.TOKEN)]) == len(own)
    assert [each for each in topology.links if each.locality is Locality.REMOTE or each.url_variable] == []
    assert {"connector", "ingestion", "hot-writer", "cold-writer", "archive-writer"} & names(topology) == set()
    assert {each.cloud for each in topology.components} == {cloud}


def test_the_smallest_aws_twin_is_this_and_nothing_more():
    assert names(plan(twin(Placement.single(AWS)))) == {
        *("device-gateway", "dispatcher", "processor", "persister", "hot-store", "hot-reader", "hot-reader-last-entry"),
        *("hot-to-cold-schedule", "hot-to-cold-mover", "cold-store", "twin-service", "dashboard"),
        *("cold-to-archive-schedule", "cold-to-archive-mover", "archive-store"),
        *("hot-store-admin", "cold-store-admin", "archive-store-admin"),
        *(
            "device-dead-letters",
            "l1-to-l2-dead-letters",
            "l2-to-l3-hot-dead-letters",
            "error-topic",
            "error-reporter",
            "error-table",
            "error-table-schedule",
            "error-table-admin",
            "errors-dead-letters",
        ),
    }


def test_an_archive_with_a_retention_is_emptied_on_schedule():
    kept = twin(Placement.single(AWS))
    limited = plan(msgspec.structs.replace(kept, archive_retention_days=400))
    assert names(limited) - names(plan(kept)) == {"archive-expiry-schedule"}
    admin = limited.named("archive-store-admin")
    assert admin is not None
    assert resolved(admin)["ARCHIVE_RETENTION_DAYS"] == "400"


@pytest.mark.parametrize("home", ALL)
@pytest.mark.parametrize("away", ALL)
def test_the_dispatcher_cannot_tell_a_connector_from_a_processor(home, away):
    local = plan(twin(Placement.single(home)))
    remote = plan(twin(msgspec.structs.replace(Placement.single(away), l1=home)))
    here, there = local[f"{home}.dispatcher"], remote[f"{home}.dispatcher"]

    def shape(component):
        return [(each.name, each.kind) for each in component.environment]

    def behind(topology, dispatcher):
        return topology[dispatcher.variable("PROCESSOR_QUEUE").value].deployed_as

    assert shape(here) == shape(there)
    assert behind(local, here) == behind(remote, there) == "house-processor"
    literals = [each for each in here.environment if each.kind is ValueKind.LITERAL]
    assert literals == [each for each in there.environment if each.kind is ValueKind.LITERAL]


def test_a_connector_stands_under_the_processors_name_on_l1s_cloud():
    topology = plan(twin(placed(l1=GCP)))
    connector = topology["gcp.connector"]
    assert (connector.cloud, connector.deployed_as) == (GCP, "house-processor")
    assert connector.variable("REMOTE_INGESTION_URL").value == "aws.ingestion"
    assert topology["aws.ingestion"].variable("PROCESSOR_QUEUE").value == "aws.processor"


def test_azure_digital_twins_is_written_to_and_the_others_read():
    azure = plan(twin(placed(l4=AZURE)))
    gcp = plan(twin(placed(l4=GCP)))
    assert {"twin-updater", "twin-writer"} <= names(azure)
    assert "digital-twin-data-connector" not in names(azure)
    assert {"digital-twin-data-connector", "digital-twin-data-connector-last-entry"} <= names(gcp)
    assert {"twin-updater", "twin-writer"} & names(gcp) == set()
    assert azure["aws.processor"].variable("TWIN_UPDATER_QUEUE") is not None


@pytest.mark.parametrize("store", ALL)
@pytest.mark.parametrize("grafana", ALL)
def test_a_dashboard_on_the_hot_store_reads_through_the_readers_but_for_firestores_plugin(store, grafana):
    described = twin(placed(l3_hot=store, l5=grafana), dashboard=DashboardSource.HOT_STORE)
    queries = [link for link in plan(described).links if link.delivery is Delivery.QUERY]
    if store == grafana == GCP:
        assert [(each.target, each.sign_in) for each in queries] == [("gcp.hot-store", "plugin")]
    else:
        readers = [f"{store}.hot-reader", f"{store}.hot-reader-last-entry"]
        assert [(each.target, each.sign_in) for each in queries] == [(reader, "token") for reader in readers]
        assert {each.component for each in plan(described).endpoints} >= set(readers)


def test_every_used_cloud_has_an_error_path():
    topology = plan(twin(placed(l3_cold=AZURE, l5=GCP)))
    missing = [
        f"{cloud}.{name}"
        for cloud in ALL
        for name in ("error-topic", "error-reporter", "error-table")
        if f"{cloud}.{name}" not in topology
    ]
    assert missing == []


def test_the_plan_of_100_000_devices_is_the_plan_of_one():
    placement = placed(l2=AZURE, l3_hot=GCP)
    one, many = (msgspec.structs.replace(twin(placement), catalog=fleet(count)) for count in (1, 100_000))
    assert len(many.catalog) == 100_000
    assert plan(many) == plan(one) == plan(msgspec.structs.replace(one, catalog=CATALOG))
    assert len(msgspec.json.encode(plan(many))) < 64 * 1024


def test_planning_twice_gives_the_same():
    for placement in list(all_placements(ALL))[::97]:
        assert msgspec.json.encode(plan(twin(placement))) == msgspec.json.encode(plan(twin(placement)))


def test_each_boundary_says_which_row_governs_it():
    topology = plan(twin(placed(l2=AZURE)))
    rows = {row.name: row for row in BOUNDARIES}
    for each in topology.boundaries:
        row = rows[each.row]
        remote = each.source_cloud != each.target_cloud
        assert each.locality is (Locality.REMOTE if remote else Locality.LOCAL)
        assert each.reason == (row.different if remote and row.different else row.same).reason
    governed = {(each.source, each.target) for each in topology.boundaries}
    assert {(Slot.L1, Slot.L2), (Slot.L2, Slot.L3_HOT), (Slot.L3_HOT, Slot.L3_COLD)} <= governed


def test_rows_have_names_of_their_own():
    assert len({row.name for row in TABLE}) == len(TABLE)

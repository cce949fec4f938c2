"""Wiring: each function from its planned environment, and for what is missing a sentence with its name."""

import msgspec
import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.envelopes import request
from tests.rigs.ports import RigPorts
from tests.rigs.twins import twin
from tests.rigs.world import resolved
from twin2multicloud.domain.components import KINDS, Trigger
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.wiring import FUNCTIONS, wire
from twin2multicloud.planning.planner import plan

ACROSS = msgspec.structs.replace(Placement.single(GCP), l1=AWS, l2=AZURE, l3_cold=AZURE, l3_archive=AWS)
LOCAL = Placement.single(AWS)
L4_ELSEWHERE = msgspec.structs.replace(Placement.single(GCP), l4=AWS)
WRITTEN_TO = msgspec.structs.replace(Placement.single(GCP), l4=AZURE)
COMMON = {"CLOUD", "TWIN_NAME"}
OVER_TIERS = (
    COMMON
    | {"HOT_STORE_NAME", "INTER_CLOUD_TOKEN"}
    | {"L3_COLD_CLOUD", "REMOTE_COLD_READER_URL", "L3_ARCHIVE_CLOUD", "REMOTE_ARCHIVE_READER_URL"}
)
REQUIRED = {
    "device-gateway": COMMON | {"DEVICE_REGISTRY_NAME", "DEVICE_TOPIC"},
    "dispatcher": COMMON | {"PROCESSOR_QUEUE", "DEVICE_DEAD_LETTERS_QUEUE"},
    "connector": COMMON | {"L2_CLOUD", "REMOTE_INGESTION_URL", "INTER_CLOUD_TOKEN", "DEAD_LETTER_QUEUE"},
    "ingestion": COMMON | {"PROCESSOR_QUEUE", "INTER_CLOUD_TOKEN"},
    "processor": COMMON | {"PERSISTER_QUEUE", "DEAD_LETTER_QUEUE"},
    "persister": COMMON | {"L3_HOT_CLOUD", "REMOTE_WRITER_URL", "INTER_CLOUD_TOKEN", "DEAD_LETTER_QUEUE"},
    "hot-writer": COMMON | {"HOT_STORE_NAME", "INTER_CLOUD_TOKEN"},
    "hot-reader": OVER_TIERS,
    "hot-reader-last-entry": OVER_TIERS,
    "hot-to-cold-mover": COMMON
    | {"HOT_STORE_NAME", "HOT_RETENTION_DAYS", "L3_COLD_CLOUD", "REMOTE_COLD_WRITER_URL", "INTER_CLOUD_TOKEN"},
    "cold-writer": COMMON | {"COLD_STORE_NAME", "INTER_CLOUD_TOKEN"},
    "cold-reader": COMMON | {"COLD_STORE_NAME", "INTER_CLOUD_TOKEN"},
    "cold-to-archive-mover": COMMON
    | {"COLD_STORE_NAME", "COLD_RETENTION_DAYS", "L3_ARCHIVE_CLOUD", "REMOTE_ARCHIVE_WRITER_URL", "INTER_CLOUD_TOKEN"},
    "archive-writer": COMMON | {"ARCHIVE_STORE_NAME", "INTER_CLOUD_TOKEN"},
    "archive-reader": COMMON | {"ARCHIVE_STORE_NAME", "INTER_CLOUD_TOKEN"},
    "hot-store-admin": COMMON | {"HOT_STORE_NAME"},
    "cold-store-admin": COMMON | {"COLD_STORE_NAME"},
    "archive-store-admin": COMMON | {"ARCHIVE_STORE_NAME"},
    "twin-service": COMMON | {"HOT_READER_NAME", "HOT_READER_LAST_ENTRY_NAME", "INTER_CLOUD_TOKEN"},
    "digital-twin-data-connector": COMMON | {"L3_HOT_CLOUD", "REMOTE_READER_URL", "INTER_CLOUD_TOKEN"},
    "digital-twin-data-connector-last-entry": COMMON
    | {"L3_HOT_CLOUD", "REMOTE_READER_LAST_ENTRY_URL", "INTER_CLOUD_TOKEN"},
    "twin-updater": COMMON | {"L4_CLOUD", "REMOTE_TWIN_WRITER_URL", "INTER_CLOUD_TOKEN", "DEAD_LETTER_QUEUE"},
    "twin-writer": COMMON | {"TWIN_SERVICE_NAME", "INTER_CLOUD_TOKEN"},
    "error-reporter": COMMON | {"ERROR_TABLE_NAME", "DEAD_LETTER_QUEUE"},
    "error-table-admin": COMMON | {"ERROR_TABLE_NAME"},
    "event-checker": COMMON | {"EVENT_TABLE_NAME", "DEAD_LETTER_QUEUE"},
    "event-table-admin": COMMON | {"EVENT_TABLE_NAME"},
    "event-action": COMMON | {"EVENT_TABLE_NAME", "DEAD_LETTER_QUEUE"},
}
LOCAL_PERSISTER = COMMON | {"L3_HOT_CLOUD", "HOT_STORE_NAME", "DEAD_LETTER_QUEUE"}


def environment(name: str, placement: Placement = ACROSS) -> dict[str, str]:
    if name == "device-gateway":  # no function of the plan: who deploys it says what it is told
        return {"CLOUD": "gcp", "TWIN_NAME": "house", "DEVICE_REGISTRY_NAME": "r", "DEVICE_TOPIC": "t"}
    plans = (plan(twin(each, events=True)) for each in (placement, L4_ELSEWHERE, WRITTEN_TO))  # L4's: in the last two
    component = next(found for each in plans if (found := each.named(name)) is not None)
    return resolved(component)


def missing_names(name: str, env: dict[str, str]) -> set[str]:
    """The variables without which a function does not start, each error naming it (or what it decides)."""
    found = set()
    for variable in env:
        for changed in ({**env, variable: " "}, {key: value for key, value in env.items() if key != variable}):
            try:
                wire(name, changed, RigPorts())
            except ConfigurationError as error:
                if variable in str(error):
                    found.add(variable)
    return found


def test_every_function_is_accounted_for():
    assert set(REQUIRED) == FUNCTIONS


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_what_a_function_requires_fails_at_start_by_name(name):
    assert missing_names(name, environment(name)) == REQUIRED[name]


def test_a_local_persister_requires_the_store_and_no_url():
    env = environment("persister", LOCAL)
    assert missing_names("persister", env) == LOCAL_PERSISTER


def test_each_function_has_the_triggers_of_its_kind():
    def triggers(name):
        return set(wire(name, environment(name), RigPorts()).handlers)

    assert {name: triggers(name) for name in sorted(FUNCTIONS)} == {
        "device-gateway": {Trigger.HTTP},
        "dispatcher": {Trigger.DEVICE},
        "connector": {Trigger.QUEUE},
        "ingestion": {Trigger.HTTP},
        "processor": {Trigger.QUEUE},
        "persister": {Trigger.QUEUE},
        "hot-writer": {Trigger.HTTP},
        "hot-reader": {Trigger.CALL},
        "hot-reader-last-entry": {Trigger.CALL},
        "hot-to-cold-mover": {Trigger.SCHEDULE, Trigger.CALL},
        "cold-writer": {Trigger.HTTP},
        "cold-reader": {Trigger.HTTP},
        "cold-to-archive-mover": {Trigger.SCHEDULE, Trigger.CALL},
        "archive-writer": {Trigger.HTTP},
        "archive-reader": {Trigger.HTTP},
        "hot-store-admin": {Trigger.CALL},
        "cold-store-admin": {Trigger.CALL},
        "archive-store-admin": {Trigger.CALL},
        "twin-service": {Trigger.CALL, Trigger.HTTP},
        "digital-twin-data-connector": {Trigger.CALL},
        "digital-twin-data-connector-last-entry": {Trigger.CALL},
        "twin-updater": {Trigger.QUEUE},
        "twin-writer": {Trigger.HTTP},
        "error-reporter": {Trigger.QUEUE},
        "event-checker": {Trigger.QUEUE},
        "event-table-admin": {Trigger.SCHEDULE, Trigger.CALL},
        "event-action": {Trigger.QUEUE},
        "error-table-admin": {Trigger.SCHEDULE, Trigger.CALL},
    }


def test_a_reader_has_an_endpoint_where_its_environment_says_so():
    env = {**environment("hot-reader"), "INTER_CLOUD_TOKEN": "t", "HAS_ENDPOINT": "true"}
    assert set(wire("hot-reader", env, RigPorts()).handlers) == {Trigger.CALL, Trigger.HTTP}


def test_the_table_of_kinds_names_every_trigger():
    for name in FUNCTIONS:
        env = {**environment(name), "INTER_CLOUD_TOKEN": "t", "HAS_ENDPOINT": "true", "ARCHIVE_RETENTION_DAYS": "9"}
        assert set(wire(name, env, RigPorts()).handlers) == set(KINDS[name].triggers), name


def test_a_connector_with_l2_on_its_own_cloud_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match="L2_CLOUD"):
        wire("connector", {**environment("connector"), "L2_CLOUD": "aws"}, RigPorts())


def test_a_url_with_equal_placement_is_a_logged_no_op():
    ports = RigPorts()
    wire("persister", {**environment("persister", LOCAL), "REMOTE_WRITER_URL": "https://x.example"}, ports)
    assert ["REMOTE_WRITER_URL" in line for line in ports.lines] == [True]


@pytest.mark.parametrize("tokens", ["new,old", " new , old ,"])
def test_two_tokens_are_taken_apart(tokens):
    function = wire("ingestion", {**environment("ingestion"), "INTER_CLOUD_TOKEN": tokens}, RigPorts())
    assert [function.run(Trigger.HTTP, request(token=each)).status for each in ("new", "old", "older", "")] == [
        *(200, 200, 401, 401)
    ]


def test_a_token_of_commas_refuses_everyone():
    function = wire("ingestion", {**environment("ingestion"), "INTER_CLOUD_TOKEN": ",,"}, RigPorts())
    assert function.run(Trigger.HTTP, request(token="")).status == 401

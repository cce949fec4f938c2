"""Each law of `laws` catches the flaw that it is there for; a law that nothing breaks would prove nothing."""

import copy
import json

import pytest

from tests.golden.cases import CASES
from tests.unit.terraform.render import laws
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.render import render

TOPOLOGY = plan(CASES["three-clouds-in-turn"])
TOKEN = "${random_password.inter_cloud_token.result}"


def forget_a_function(resources):
    del resources["aws_lambda_function"]["dispatcher"]


def forget_a_variable(resources):
    del resources["aws_lambda_function"]["connector"]["environment"][0]["variables"]["REMOTE_INGESTION_URL"]


def tell_the_token(resources):
    resources["aws_lambda_function"]["connector"]["environment"][0]["variables"]["INTER_CLOUD_TOKEN"] = TOKEN


def open_a_queue_function(resources):
    resources.setdefault("aws_lambda_function_url", {})["dispatcher"] = {}


def allow_everything(resources):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:*"], "Resource": ["*"]}]}
    resources["aws_iam_role_policy"]["dispatcher"]["policy"] = json.dumps(policy)


def open_every_database(resources):
    del resources["google_project_iam_member"]["hot_writer_store"]["condition"]


def let_a_reader_see_devices(resources):
    members = resources["google_project_iam_member"]
    members["hot_reader_store"]["condition"] = members["device_gateway_registry"]["condition"]


def let_the_gateway_write_devices(resources):
    resources["google_project_iam_member"]["device_gateway_registry"]["role"] = "roles/datastore.user"


def let_the_dispatcher_speak_for_devices(resources):
    members = resources["google_pubsub_topic_iam_member"]
    members["device_gateway_to_device_gateway"]["member"] = members["dispatcher_to_error_topic"]["member"]


def share_a_role(resources):
    functions = resources["aws_lambda_function"]
    functions["dispatcher"]["role"] = functions["connector"]["role"]


def call_it_something_long(resources):
    resources["azurerm_storage_account"]["queues"]["name"] = "a" * 25


def own_a_vault_in_secret(resources):
    del resources["azurerm_key_vault"]["twin"]["tags"]


def give_up_soon(resources):
    resources.setdefault("google_pubsub_subscription", {})["hot_writer"] = {
        "dead_letter_policy": [{"max_delivery_attempts": 5}],
        "retry_policy": [{"minimum_backoff": "1s", "maximum_backoff": "60s"}],
    }


def hide_for_a_minute(resources):
    resources["aws_sqs_queue"]["connector"]["visibility_timeout_seconds"] = 60


def start_before_the_token(resources):
    resources["google_cloudfunctions2_function"]["hot_writer"]["depends_on"].remove(
        "google_secret_manager_secret_version.inter_cloud_token"
    )


def keep_a_name(resources):
    resources["google_firestore_database"]["hot_store"]["name"] = "house-hot-store"


def let_azurerm_publish(resources):
    resources["azurerm_function_app_flex_consumption"]["processor"]["zip_deploy_file"] = "a.zip"


def let_a_dispatcher_use_the_error_table(resources):
    policies = resources["aws_iam_role_policy"]
    policies["dispatcher"]["policy"] = policies["error_reporter"]["policy"]


def let_the_reporter_use_the_hot_store(resources):
    conditions = resources["google_project_iam_member"]
    conditions["error_reporter_store"]["condition"] = conditions["hot_writer_store"]["condition"]


def let_the_reporter_report(resources):
    roles = resources["azurerm_role_assignment"]
    roles["error_reporter_errors"] = roles["processor_errors"]


def fill_another_queue(resources):
    resources["aws_cloudwatch_event_target"]["error_topic"]["arn"] = "${aws_sqs_queue.connector.arn}"


def fill_another_queue_on_azure(resources):
    (endpoint,) = resources["azurerm_eventgrid_event_subscription"]["error_topic"]["storage_queue_endpoint"]
    endpoint["queue_name"] = "${azurerm_storage_queue.processor.name}"


def let_a_reader_read_only_its_container(resources):
    scope = "${azurerm_cosmosdb_account.error_table.id}/dbs/house/colls/errors"
    resources["azurerm_cosmosdb_sql_role_assignment"]["error_reporter"]["scope"] = scope


def keep_two_containers_in_an_account(resources):
    containers = resources["azurerm_cosmosdb_sql_container"]
    containers["more"] = containers["error_table"]


def start_by_another_topic(resources):
    resources["google_pubsub_subscription"]["error_reporter"]["topic"] = "${google_pubsub_topic.errors_dead_letters.id}"


@pytest.mark.parametrize(
    ("law", "spoil"),
    [
        (laws.only_the_error_path_uses_the_error_table, let_a_dispatcher_use_the_error_table),
        (laws.only_the_error_path_uses_the_error_table, let_the_reporter_use_the_hot_store),
        (laws.only_the_error_path_uses_the_error_table, let_the_reporter_report),
        (laws.the_error_topic_fills_the_reporters_queue, fill_another_queue),
        (laws.the_error_topic_fills_the_reporters_queue, fill_another_queue_on_azure),
        (laws.the_error_topic_fills_the_reporters_queue, start_by_another_topic),
        (laws.queues_try_for_as_long_everywhere, give_up_soon),
        (laws.a_message_is_hidden_while_its_function_may_run, hide_for_a_minute),
        (laws.google_starts_a_function_that_may_do_all_it_does, start_before_the_token),
        (laws.names_that_stay_taken_have_a_suffix, keep_a_name),
        (laws.azure_apps_get_their_code_from_us, let_azurerm_publish),
        (laws.cosmos_roles_reach_what_the_sdk_reads_first, let_a_reader_read_only_its_container),
        (laws.cosmos_roles_reach_what_the_sdk_reads_first, keep_two_containers_in_an_account),
        (laws.every_function_of_the_slice_exists_once, forget_a_function),
        (laws.every_variable_of_the_topology_arrives, forget_a_variable),
        (laws.the_token_is_in_secret_stores_only, tell_the_token),
        (laws.only_endpoints_are_open, open_a_queue_function),
        (laws.a_function_url_has_both_permissions, open_a_queue_function),
        (laws.no_right_is_a_star, allow_everything),
        (laws.only_the_gateway_knows_devices, open_every_database),
        (laws.each_function_is_somebody, share_a_role),
        (laws.names_fit, call_it_something_long),
        (laws.everything_says_whose_it_is, own_a_vault_in_secret),
    ],
    ids=lambda each: each.__name__,
)
def test_the_law_bites(law, spoil):
    config = copy.deepcopy(render(TOPOLOGY))
    assert list(law(TOPOLOGY, config)) == []
    spoil(config["resource"])
    assert len(list(law(TOPOLOGY, config))) >= 1


@pytest.mark.parametrize(
    "spoil", [let_a_reader_see_devices, let_the_gateway_write_devices, let_the_dispatcher_speak_for_devices]
)
def test_devices_are_the_gateways_where_it_is_ours(spoil):
    topology = plan(CASES["all-gcp"])
    config = copy.deepcopy(render(topology))
    assert list(laws.only_the_gateway_knows_devices(topology, config)) == []
    spoil(config["resource"])
    assert len(list(laws.only_the_gateway_knows_devices(topology, config))) == 1


@pytest.mark.parametrize(
    ("case", "output"),
    [
        ("all-aws", "aws_called"),
        ("all-azure", "azure_called_apps"),
        ("all-gcp", "gcp_called"),
        ("grafana-elsewhere-on-hot-store", "azure_token_secret"),
    ],
)
def test_the_operator_is_told_everything(case, output):
    topology = plan(CASES[case])
    config = copy.deepcopy(render(topology))
    assert list(laws.the_operator_is_told_what_there_is_to_call(topology, config)) == []
    del config["output"][output]
    assert len(list(laws.the_operator_is_told_what_there_is_to_call(topology, config))) >= 1


@pytest.mark.parametrize(("provider", "default"), [("aws", "default_tags"), ("google", "default_labels")])
def test_what_the_provider_says_of_all_it_makes_is_there(provider, default):
    config = copy.deepcopy(render(TOPOLOGY))
    config["provider"][provider][default] = [{"tags": {}}] if provider == "aws" else {}
    assert len(list(laws.everything_says_whose_it_is(TOPOLOGY, config))) == 1


def test_every_law_is_tried():
    assert len(laws.LAWS) == 19

"""Laws that hold for every rendered configuration, whatever the placement. Each yields what breaks it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from twin2multicloud.clouds.aws.queue import MAX_RECORD_BYTES
from twin2multicloud.domain.components import has_code
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.coverage import functions_of
from twin2multicloud.planning.services import is_ours
from twin2multicloud.planning.topology import Topology, ValueKind
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.schema_check import declared

Config = dict[str, Any]
_FUNCTION_TYPES = {
    "aws": "aws_lambda_function",
    "azure": "azurerm_function_app_flex_consumption",
    "gcp": "google_cloudfunctions2_function",
}
_TOKEN = "random_password.inter_cloud_token"
_MAY_HOLD_THE_TOKEN = {
    "aws_secretsmanager_secret_version": "secret_string",
    "azurerm_key_vault_secret": "value",
    "google_secret_manager_secret_version": "secret_data",
}


def environment_of(config: Config, cloud: str, key: str) -> dict[str, str]:
    """What a rendered function is told."""
    body = config["resource"][_FUNCTION_TYPES[cloud]][key]
    if cloud == "aws":
        return body["environment"][0]["variables"]
    return body["app_settings"] if cloud == "azure" else body["service_config"][0]["environment_variables"]


def every_function_of_the_slice_exists_once(topology: Topology, config: Config) -> Iterator[str]:
    planned = {(each.cloud, scope.key_of(each)) for each in functions_of(topology)}
    rendered = {(cloud, key) for cloud, kind in _FUNCTION_TYPES.items() for key in config["resource"].get(kind, {})}
    if planned != rendered:
        yield f"planned and rendered differ in {sorted(planned ^ rendered)}"


def every_variable_of_the_topology_arrives(topology: Topology, config: Config) -> Iterator[str]:
    for site in scope.sites(topology):
        for function in site.functions:
            told = environment_of(config, site.cloud, function.key)
            for variable in function.environment:
                name = "INTER_CLOUD_TOKEN_SECRET" if variable.kind is ValueKind.TOKEN else variable.name
                if not told.get(name):
                    yield f"{function.component.id} is not told {name}"
                elif variable.kind is ValueKind.URL and not re.fullmatch(r"(https://)?\$\{.+\}/.*[a-z]", told[name]):
                    yield f"{function.component.id}: {name} is no reference to an endpoint: {told[name]}"


def the_token_is_in_secret_stores_only(topology: Topology, config: Config) -> Iterator[str]:
    for block, kind, key, body in declared(config):
        if kind == "random_password":
            continue
        for name, value in body.items():
            if _TOKEN in json.dumps(value) and _MAY_HOLD_THE_TOKEN.get(kind) != name:
                yield f"{block}.{kind}.{key} holds the token in {name}"
    if _TOKEN in json.dumps(config.get("output", {})):
        yield "an output shows the token"


def only_endpoints_are_open(topology: Topology, config: Config) -> Iterator[str]:
    resources = config["resource"]
    open_on_aws = set(resources.get("aws_lambda_function_url", {}))
    invokers = resources.get("google_cloud_run_service_iam_member", {})
    open_on_gcp = {key.removesuffix("_open") for key, body in invokers.items() if body["member"] == "allUsers"}
    for cloud, found in (("aws", open_on_aws), ("gcp", open_on_gcp)):
        asked = {
            each.component.split(".")[1].replace("-", "_")
            for each in topology.endpoints
            if each.cloud == cloud and has_code(topology[each.component].name)
        }
        asked |= {
            scope.key_of(each) for each in topology.on(Cloud(cloud)) if each.name == "device-gateway" and is_ours(each)
        }
        if found != asked:
            yield f"{cloud}: open {sorted(found)}, asked for {sorted(asked)}"


def a_function_url_has_both_permissions(topology: Topology, config: Config) -> Iterator[str]:
    permissions = config["resource"].get("aws_lambda_permission", {})
    for key in config["resource"].get("aws_lambda_function_url", {}):
        url, invoke = permissions.get(f"{key}_url"), permissions.get(f"{key}_invoke_by_url")
        if url is None or invoke is None or not invoke.get("invoked_via_function_url"):
            yield f"{key} lacks a permission, or opens direct invocation to every account"


def no_right_is_a_star(topology: Topology, config: Config) -> Iterator[str]:
    for key, body in config["resource"].get("aws_iam_role_policy", {}).items():
        for statement in json.loads(body["policy"])["Statement"]:
            if any("*" in action for action in statement["Action"]) or "*" in statement["Resource"]:
                yield f"{key} may do {statement['Action']} on {statement['Resource']}"


def only_the_gateway_knows_devices(topology: Topology, config: Config) -> Iterator[str]:
    """On Google Cloud it alone reads the registry and publishes for devices; a Firestore role is of one database."""
    gateway = "${google_service_account.device_gateway.member}"
    for key, body in config["resource"].get("google_project_iam_member", {}).items():
        if body["role"].startswith("roles/datastore."):
            only = json.dumps(body.get("condition", ""))
            if "resource.name ==" not in only:
                yield f"{key} may use every database of the project"
            if "device_registry" in only and (body["member"], body["role"]) != (gateway, "roles/datastore.viewer"):
                yield f"{key} may do {body['role']} with the device registry"
    for key, body in config["resource"].get("google_pubsub_topic_iam_member", {}).items():
        if "google_pubsub_topic.device_gateway." in body["topic"] and body["member"] != gateway:
            yield f"{key} may publish for devices"


def each_function_is_somebody(topology: Topology, config: Config) -> Iterator[str]:
    """An identity per function, shared with nobody."""
    resources = config["resource"]
    used = [body["role"] for body in resources.get("aws_lambda_function", {}).values()]
    used += [
        body["service_config"][0]["service_account_email"]
        for body in resources.get("google_cloudfunctions2_function", {}).values()
    ]
    used += [
        body["identity"][0]["identity_ids"][0]
        for body in resources.get("azurerm_function_app_flex_consumption", {}).values()
    ]
    if len(used) != len(set(used)):
        yield f"functions share an identity: {used}"


def names_fit(topology: Topology, config: Config) -> Iterator[str]:
    """Length limits of the services, with six characters for the suffix. Sources: each service's naming rules."""
    for _, kind, key, body in declared(config):
        limit, argument = _NAME_LIMITS.get(kind, (0, ""))
        name = str(body.get(argument, "")).replace("${random_string.suffix.result}", "abc123")
        if limit and len(name) > limit:
            yield f"{kind}.{key} is called {name}, which has more than {limit} characters"


_NAME_LIMITS = {
    "aws_lambda_function": (64, "function_name"),
    "aws_iam_role": (64, "name"),
    "aws_sqs_queue": (80, "name"),
    "azurerm_storage_account": (24, "name"),
    "azurerm_key_vault": (24, "name"),
    "azurerm_function_app_flex_consumption": (60, "name"),
    "azurerm_cosmosdb_account": (44, "name"),
    "azurerm_storage_queue": (63, "name"),
    "azurerm_iothub": (50, "name"),
    "azurerm_eventhub_namespace": (50, "name"),
    "azurerm_eventgrid_topic": (50, "name"),
    "google_service_account": (30, "account_id"),
    "google_cloudfunctions2_function": (63, "name"),
    "google_storage_bucket": (63, "name"),
    "google_firestore_database": (63, "name"),
}


def the_operator_is_told_what_there_is_to_call(topology: Topology, config: Config) -> Iterator[str]:
    """Readers, movers, administration, data connectors and our twin service, where they are and nowhere else.

    Beside AWS an endpoint opens with the token; others on Azure with a key.
    """
    outputs = {name: each["value"] for name, each in config["output"].items()}
    for cloud in ALL:
        where = topology.placement
        hot = {"hot-reader", "hot-reader-last-entry", "hot-to-cold-mover", "hot-store-admin"}
        here = hot if where.l3_hot == cloud else set()
        here = here | ({"cold-to-archive-mover", "cold-store-admin"} if where.l3_cold == cloud else set())
        here = here | ({"archive-store-admin"} if where.l3_archive == cloud else set())
        here = here | ({"twin-service"} if where.l4 == cloud == GCP else set())
        if where.l4 == cloud != where.l3_hot and cloud != AZURE:  # Azure Digital Twins does not read
            here = here | {"digital-twin-data-connector", "digital-twin-data-connector-last-entry"}
        if any(each.cloud == cloud for each in functions_of(topology)):
            here = here | {"error-table-admin"}
        if any(each.cloud == cloud and each.name == "event-checker" for each in functions_of(topology)):
            here = here | {"event-table-admin"}
        told = outputs.get(f"{cloud}_called", {})
        if set(told) != here:
            yield f"{cloud}: to call {sorted(told)}, expected {sorted(here)}"
        asks_for_the_token = here & outputs.get(f"{cloud}_endpoints", {}).keys()
        if cloud == AWS:
            continue
        if bool(asks_for_the_token) != (f"{cloud}_token_secret" in outputs):
            yield f"{cloud}: the secret with the token is told, or not, against {sorted(asks_for_the_token)}"
        if cloud == AZURE and outputs.get("azure_called_apps", {}).keys() != here - asks_for_the_token:
            yield f"azure: keys are to be had of {sorted(outputs.get('azure_called_apps', {}))}"


def everything_says_whose_it_is(topology: Topology, config: Config) -> Iterator[str]:
    """Tags: by the provider, where it has a way to say it once for all; on Azure, on everything that can have them."""
    taggable = {name for name, kind in _azure_types().items() if "tags" in kind["arguments"]}
    for _, kind, key, body in declared(config):
        if kind in taggable and "twin" not in body.get("tags", {}):
            yield f"{kind}.{key} does not say whose it is"
    providers = config["provider"]
    said = {
        "aws": lambda: providers["aws"]["default_tags"][0]["tags"],
        "google": lambda: providers["google"]["default_labels"],
    }
    yield from (
        f"{name} does not say whose things are" for name in said if name in providers and "twin" not in said[name]()
    )


def queues_try_for_as_long_everywhere(topology: Topology, config: Config) -> Iterator[str]:
    """From the first delivery to the dead letters: the hidden times between deliveries, or the shortest of backoffs."""
    resources = config["resource"]
    for key, body in resources.get("aws_sqs_queue", {}).items():
        if body.get("redrive_policy"):
            attempts = json.loads(body["redrive_policy"])["maxReceiveCount"]
            yield from _too_short(f"aws: {key}", attempts, (attempts - 1) * body["visibility_timeout_seconds"])
    for key, body in resources.get("azurerm_function_app_flex_consumption", {}).items():
        settings = {name.rpartition("__")[2]: value for name, value in body["app_settings"].items()}
        if "QUEUE_NAME" in settings:
            hours, minutes, seconds = map(int, settings["visibilityTimeout"].split(":"))
            attempts = int(settings["maxDequeueCount"])
            yield from _too_short(f"azure: {key}", attempts, (attempts - 1) * (hours * 3600 + minutes * 60 + seconds))
    for key, body in resources.get("google_pubsub_subscription", {}).items():
        if "dead_letter_policy" in body:
            attempts = body["dead_letter_policy"][0]["max_delivery_attempts"]
            low, high = (
                int(body["retry_policy"][0][f"{which}_backoff"].rstrip("s")) for which in ("minimum", "maximum")
            )
            yield from _too_short(
                f"gcp: {key}", attempts, sum(min(high, low * 2**number) for number in range(attempts - 1))
            )


def _too_short(what: str, attempts: int, seconds: int) -> Iterator[str]:
    if attempts < scope.ATTEMPTS or seconds < scope.PATIENCE_S:
        yield f"{what}: {attempts} attempts in {seconds} s"


def a_message_is_hidden_while_its_function_may_run(topology: Topology, config: Config) -> Iterator[str]:
    """And no longer than AWS asks for, six time-outs and the window; SQS takes what the code sends, and no queue takes
    all Lambdas.
    """
    resources = config["resource"]
    for key, body in resources.get("aws_lambda_event_source_mapping", {}).items():
        hidden = resources["aws_sqs_queue"][key]["visibility_timeout_seconds"]
        if hidden != 6 * resources["aws_lambda_function"][key]["timeout"] + topology.batch_window:
            yield f"aws: {key} is hidden for {hidden} s"
        if "maximum_concurrency" not in body.get("scaling_config", [{}])[0]:
            yield f"aws: {key} has no maximum concurrency"
    for key, body in resources.get("aws_sqs_queue", {}).items():
        if body.get("max_message_size", 0) < MAX_RECORD_BYTES:
            yield f"aws: {key} refuses what is sent to it"
    for key, body in resources.get("google_pubsub_subscription", {}).items():
        if "push_config" in body:
            service = resources["google_cloudfunctions2_function"][key]["service_config"][0]
            if body["ack_deadline_seconds"] < service["timeout_seconds"]:
                yield f"gcp: {key} is delivered again while its function still runs"


_BEHIND_THE_ERROR_TOPIC = {"error_reporter", "error_table_admin"}


def only_the_error_path_uses_the_error_table(topology: Topology, config: Config) -> Iterator[str]:
    """And it uses nothing but that: no other store, no topic. On Azure and Google Cloud reporting is a role as well."""
    resources = config["resource"]
    for key, body in resources.get("aws_iam_role_policy", {}).items():
        behind = key.removesuffix("_schedule") in _BEHIND_THE_ERROR_TOPIC
        if ("aws_dynamodb_table.error_table" in body["policy"]) != (behind and not key.endswith("_schedule")):
            yield f"aws: {key} may, or may not, use the error table"
        if behind and any(each in body["policy"] for each in ("PutEvents", "hot_store", "s3:")):
            yield f"aws: {key} may do more than the error path does"
    for kind, place in (("azurerm_cosmosdb_sql_role_assignment", "scope"), ("google_project_iam_member", "condition")):
        for key, body in resources.get(kind, {}).items():
            behind = key.removesuffix("_store") in _BEHIND_THE_ERROR_TOPIC
            if ("error_table" in json.dumps(body.get(place, ""))) != behind:
                yield f"{kind}: {key} may, or may not, use the error table"
    for kind in ("azurerm_role_assignment", "google_pubsub_topic_iam_member"):
        for key, body in resources.get(kind, {}).items():
            target = body.get("scope", body.get("topic", ""))
            if key.startswith(tuple(_BEHIND_THE_ERROR_TOPIC)) and "error_topic" in target:
                yield f"{kind}: {key} reports to the topic it is behind"


def the_error_topic_fills_the_reporters_queue(topology: Topology, config: Config) -> Iterator[str]:
    resources = config["resource"]
    if "aws_cloudwatch_event_bus" in resources:
        target = resources["aws_cloudwatch_event_target"]["error_topic"]["arn"]
        allowed = resources["aws_sqs_queue_policy"]["error_topic"]["policy"]
        if "aws_sqs_queue.error_reporter" not in target or "events.amazonaws.com" not in allowed:
            yield f"aws: error events go to {target}"
    if "azurerm_eventgrid_topic" in resources:
        queue = resources["azurerm_eventgrid_event_subscription"]["error_topic"]["storage_queue_endpoint"][0]
        if queue["queue_name"] != "${azurerm_storage_queue.error_reporter.name}":
            yield f"azure: error events go to {queue}"
    if "error_topic" in resources.get("google_pubsub_topic", {}):
        topic = resources["google_pubsub_subscription"]["error_reporter"]["topic"]
        if topic != "${google_pubsub_topic.error_topic.id}":
            yield f"gcp: error events come from {topic}"


def google_starts_a_function_that_may_do_all_it_does(topology: Topology, config: Config) -> Iterator[str]:
    """Cloud Run starts it at once, and calls the whole creation failed where its first start fails."""
    resources = config["resource"]
    for key, body in resources.get("google_cloudfunctions2_function", {}).items():
        waits = set(body["depends_on"])
        wanted = {"time_sleep.services_on", "time_sleep.build_roles"}
        if key not in _BEHIND_THE_ERROR_TOPIC:
            wanted |= {f"google_pubsub_topic_iam_member.{key}_to_error_topic"}
        if f"google_secret_manager_secret_iam_member.{key}" in _addresses(config):
            wanted |= {f"google_secret_manager_secret_iam_member.{key}"}
            wanted |= {"google_secret_manager_secret_version.inter_cloud_token"}
        if not wanted <= waits:
            yield f"gcp: {key} does not wait for {sorted(wanted - waits)}"


def names_that_stay_taken_have_a_suffix(topology: Topology, config: Config) -> Iterator[str]:
    for kind, argument in (
        ("google_logging_project_bucket_config", "bucket_id"),
        ("google_firestore_database", "name"),
    ):
        for key, body in config["resource"].get(kind, {}).items():
            if "random_string.suffix" not in body[argument]:
                yield f"{kind}.{key} cannot be made again soon after it was destroyed"


def azure_apps_get_their_code_from_us(topology: Topology, config: Config) -> Iterator[str]:
    """Flex Consumption has no /api/zipdeploy; where to publish is an output."""
    apps = config["resource"].get("azurerm_function_app_flex_consumption", {})
    if any("zip_deploy_file" in body or "BUNDLE_SHA256" in body["app_settings"] for body in apps.values()):
        yield "azurerm would publish code, and cannot"
    told = config["output"].get("azure_apps", {}).get("value", {})
    if {name.replace("-", "_") for name in told} != apps.keys():
        yield f"code goes to {sorted(told)}"


def cosmos_roles_reach_what_the_sdk_reads_first(topology: Topology, config: Config) -> Iterator[str]:
    """The account itself, which is no wider than its container: it holds no other."""
    resources = config["resource"]
    for key, body in resources.get("azurerm_cosmosdb_sql_role_assignment", {}).items():
        account = body["scope"].removeprefix("${azurerm_cosmosdb_account.").removesuffix(".id}")
        if account not in resources["azurerm_cosmosdb_account"]:
            yield f"azure: {key} may not read the account of its container"
    accounts = [body["account_name"] for body in resources.get("azurerm_cosmosdb_sql_container", {}).values()]
    if len(accounts) != len(set(accounts)):
        yield f"azure: a role on an account opens more than one container: {accounts}"


def _addresses(config: Config) -> set[str]:
    return {f"{kind}.{key}" for block, kind, key, _ in declared(config) if block == "resource"}


@cache
def _azure_types() -> dict[str, Any]:
    return schemas.load()["azurerm"]["resources"]


LAWS = (
    every_function_of_the_slice_exists_once,
    every_variable_of_the_topology_arrives,
    the_token_is_in_secret_stores_only,
    only_endpoints_are_open,
    a_function_url_has_both_permissions,
    no_right_is_a_star,
    only_the_gateway_knows_devices,
    each_function_is_somebody,
    names_fit,
    the_operator_is_told_what_there_is_to_call,
    everything_says_whose_it_is,
    queues_try_for_as_long_everywhere,
    a_message_is_hidden_while_its_function_may_run,
    only_the_error_path_uses_the_error_table,
    the_error_topic_fills_the_reporters_queue,
    google_starts_a_function_that_may_do_all_it_does,
    names_that_stay_taken_have_a_suffix,
    azure_apps_get_their_code_from_us,
    cosmos_roles_reach_what_the_sdk_reads_first,
)

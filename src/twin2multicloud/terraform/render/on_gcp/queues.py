"""Queues and dead letters on Google Cloud: a topic and a push subscription per function that is started by one.

The subscription is ours, not Eventarc's, because only so it has a dead-letter topic. A dead-letter topic has a
subscription of its own: a topic without subscription drops its messages.
"""

from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_gcp import access
from twin2multicloud.terraform.render.on_gcp.references import SERVICES_ON, member, topic
from twin2multicloud.terraform.render.scope import ATTEMPTS, CloudScope, FunctionView, key_of

_KEPT = "604800s"  # a week, the default's maximum without further cost
SHORTEST_BACKOFF_S, LONGEST_BACKOFF_S = 10, 600  # the longest that Pub/Sub has (pubsub/docs/handling-failures)
_ATTEMPTS_OF_WAITING = 100  # the most: 16 hours of an outage
_AGENT = "serviceAccount:service-${data.google_project.here.number}@gcp-sa-pubsub.iam.gserviceaccount.com"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare dead letters first, then what falls back to them."""
    for each in site.dead_letters:
        config.resource("google_pubsub_topic", key_of(each), name=each.deployed_as, depends_on=SERVICES_ON)
        _keep(config, key_of(each), each.deployed_as)
    started = [each for each in site.functions if each.from_queue or each.from_devices]
    if started:
        purpose = f"{site.twin}: Pub/Sub when it starts a function"
        access.account(config, "push", f"{site.twin}-push", purpose)
    for function in started:
        _start(config, function)
    addresses = {
        function.dead_letters.deployed_as: _address(function, function.dead_letters)
        for function in started
        if function.dead_letters is not None
    }
    if addresses:
        config.output("gcp_dead_letters", addresses, "Dead-letter subscriptions, and where their letters go")


def _address(function: FunctionView, dead_letters: Component) -> Json:
    subscription = f"${{google_pubsub_subscription.{key_of(dead_letters)}.id}}"
    if function.from_devices:
        return {"subscription": subscription, "target": topic("device_gateway"), "devices": True}
    return {"subscription": subscription, "target": _starting(function)}


def _keep(config: Configuration, key: str, name: str) -> None:
    """A pull subscription that holds dead letters until they are sent again; Pub/Sub itself may put some there."""
    config.resource(
        "google_pubsub_subscription",
        key,
        name=name,
        topic=topic(key),
        message_retention_duration=_KEPT,
        expiration_policy=[{"ttl": ""}],
    )
    access.publisher(config, f"{key}_agent", key, _AGENT)


def _starting(function: FunctionView) -> str:
    """The topic that starts a function."""
    if function.from_errors:
        return topic("error_topic")
    return topic("device_gateway" if function.from_devices else function.key)


def _start(config: Configuration, function: FunctionView) -> None:
    """The subscription that starts a function, and the right to do so."""
    key = function.key
    if function.from_queue and not function.from_errors:
        config.resource("google_pubsub_topic", key, name=function.component.deployed_as, depends_on=SERVICES_ON)
    assert function.dead_letters is not None, key  # noqa: S101 - the planner gives one to every function started so
    dead_letters = key_of(function.dead_letters)
    waits = function.from_queue and function.waits
    attempts = _ATTEMPTS_OF_WAITING if waits else ATTEMPTS
    backoff = {"minimum_backoff": f"{SHORTEST_BACKOFF_S}s", "maximum_backoff": f"{LONGEST_BACKOFF_S}s"}
    # The service's own run.app address: internal ingress knows Pub/Sub by it, and by no other name of the function.
    url = f"${{google_cloudfunctions2_function.{key}.service_config[0].uri}}"
    subscription = config.resource(
        "google_pubsub_subscription",
        key,
        name=function.component.deployed_as,
        topic=_starting(function),
        ack_deadline_seconds=2 * function.timeout_s,
        message_retention_duration=_KEPT,
        expiration_policy=[{"ttl": ""}],  # never
        push_config=[
            {
                "push_endpoint": url,
                "oidc_token": [{"service_account_email": "${google_service_account.push.email}", "audience": url}],
            }
        ],
        retry_policy=[backoff],
        dead_letter_policy=[{"dead_letter_topic": topic(dead_letters), "max_delivery_attempts": attempts}],
        depends_on=[f"google_pubsub_topic_iam_member.{dead_letters}_agent"],
    )
    config.resource(
        "google_pubsub_subscription_iam_member",
        f"{key}_agent",
        subscription=f"${{{subscription}.name}}",
        role="roles/pubsub.subscriber",
        member=_AGENT,
    )
    access.invoker(config, function, "push", member("push"))

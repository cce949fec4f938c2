"""Where devices connect on AWS: an IoT rule that starts the dispatcher, and the policy for device certificates.

Things and certificates are not part of this: there may be 100,000, and they are registered once the twin is up.
"""

from twin2multicloud.domain.device_topics import commands_topic, telemetry_topic
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import access
from twin2multicloud.terraform.render.on_aws.references import function_arn, queue
from twin2multicloud.terraform.render.scope import CloudScope

_DEAD_LETTERS = "device_dead_letters"  # the dispatcher's own, see `queues`
_SELECT = "SELECT encode(*, 'base64') AS body, topic(3) AS device_id, timestamp() AS received_at"
"""The payload as its bytes, whatever it is: IoT SQL takes lists and numbers apart, or fails on them."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the gateway where L1 is here."""
    if site.gateway is None:
        return
    dispatcher = next(each for each in site.functions if each.from_devices)
    _undelivered(config, dispatcher.key)
    _rule(config, site, dispatcher.key)
    _device_policy(config, site)
    config.data("aws_iot_endpoint", "devices", endpoint_type="iot:Data-ATS")
    config.output(
        "aws_device_endpoint", "${data.aws_iot_endpoint.devices.endpoint_address}", "Host that devices connect to"
    )
    config.output("twin", site.twin, "Name of the twin, the tag of its devices")


def _undelivered(config: Configuration, dispatcher: str) -> None:
    """IoT invokes asynchronously: Lambda tries twice more, and then the reading would be gone without the queue."""
    config.resource(
        "aws_lambda_function_event_invoke_config",
        dispatcher,
        function_name=f"${{aws_lambda_function.{dispatcher}.function_name}}",
        maximum_retry_attempts=2,
        destination_config=[{"on_failure": [{"destination": queue(_DEAD_LETTERS, "arn")}]}],
    )


def _rule(config: Configuration, site: CloudScope, dispatcher: str) -> None:
    """What starts the dispatcher, see `clouds.aws.entrypoint`. What IoT cannot deliver goes to the same queue."""
    allowed = [access.allow("sqs:SendMessage", queue(_DEAD_LETTERS, "arn"))]
    role = access.role(config, "device_gateway", f"{site.twin}-device-gateway", "iot.amazonaws.com", allowed)
    rule = config.resource(
        "aws_iot_topic_rule",
        "device_gateway",
        name=f"{site.twin}_telemetry".replace("-", "_"),  # the service takes letters, digits and underscores
        enabled=True,
        sql=f"{_SELECT} FROM '{telemetry_topic(site.twin, '+')}'",
        sql_version="2016-03-23",
        **{"lambda": [{"function_arn": function_arn(dispatcher)}]},
        error_action=[
            {"sqs": [{"queue_url": queue(_DEAD_LETTERS, "url"), "role_arn": f"${{{role}.arn}}", "use_base64": True}]}
        ],
    )
    who = {"principal": "iot.amazonaws.com", "source_arn": f"${{{rule}.arn}}"}
    access.let_in(config, "device_gateway", dispatcher, "lambda:InvokeFunction", "iot-rule", **who)


def _device_policy(config: Configuration, site: CloudScope) -> None:
    """A device connects under its own name, publishes its own telemetry and receives its own commands; nothing else.

    ``$${`` keeps Terraform from reading IoT's own variables, which are filled in at each connection.
    """
    config.data("aws_caller_identity", "here")
    config.data("aws_partition", "here")
    iot = "arn:${data.aws_partition.here.partition}:iot:${var.aws_region}:${data.aws_caller_identity.here.account_id}"
    device = "$${iot:Connection.Thing.ThingName}"
    statements = [
        access.allow("iot:Connect", f"{iot}:client/{device}"),
        access.allow("iot:Publish", f"{iot}:topic/{telemetry_topic(site.twin, device)}"),
        access.allow("iot:Subscribe", f"{iot}:topicfilter/{commands_topic(site.twin, device)}"),
        access.allow("iot:Receive", f"{iot}:topic/{commands_topic(site.twin, device)}"),
    ]
    config.resource("aws_iot_policy", "devices", name=f"{site.twin}-devices", policy=access.policy(statements))
    config.output("aws_device_policy", "${aws_iot_policy.devices.name}", "IoT policy of this twin's devices")

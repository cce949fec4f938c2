"""Where devices connect on AWS: an IoT rule that fills the dispatcher's queue, and the policy for device certificates.

A queue, and not the Lambda itself: a rule's Lambda action is one run a publish, and a dispatcher that runs for one
publish sends one message for it. What of it comes in one batch is the mapping's (`functions`).

Things and certificates are not part of this: there may be 100,000, and they are registered once the twin is up.
"""

from twin2multicloud.domain.device_topics import ANY, DEVICE, REST, commands_topic, device_level, telemetry_topic
from twin2multicloud.planning.topology import Topic
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import access
from twin2multicloud.terraform.render.on_aws.references import queue
from twin2multicloud.terraform.render.scope import CloudScope

_DEAD_LETTERS = "device_dead_letters"  # the dispatcher's own, see `queues`
_IOT = "arn:${data.aws_partition.here.partition}:iot:${var.aws_region}:${data.aws_caller_identity.here.account_id}"
_SELECT = "SELECT encode(*, 'base64') AS body, topic(3) AS device_id, timestamp() AS received_at"
"""The payload as its bytes, whatever it is: IoT SQL takes lists and numbers apart, or fails on them."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the gateway where L1 is here."""
    if site.gateway is None:
        return
    dispatcher = next(each for each in site.functions if each.from_devices)
    _rules(config, site, dispatcher.key)
    _device_policy(config, site)
    if site.gateways:
        _gateway_policy(config, site)
    config.data("aws_iot_endpoint", "devices", endpoint_type="iot:Data-ATS")
    config.output(
        "aws_device_endpoint", "${data.aws_iot_endpoint.devices.endpoint_address}", "Host that devices connect to"
    )
    config.output("twin", site.twin, "Name of the twin, the tag of its devices")


def _rules(config: Configuration, site: CloudScope, dispatcher: str) -> None:
    """What fills its queue, see `clouds.aws.entrypoint`: a rule for the twin's topics, and for each further."""
    allowed = [access.allow("sqs:SendMessage", queue(dispatcher, "arn"), queue(_DEAD_LETTERS, "arn"))]
    role = access.role(config, "device_gateway", f"{site.twin}-device-gateway", "iot.amazonaws.com", allowed)
    _rule(config, site, dispatcher, role, "", f"{_SELECT} FROM '{telemetry_topic(site.twin, '+')}'")
    patterns = (each.pattern for each in site.topics if each.read)
    for number, pattern in enumerate(patterns, 1):
        level = device_level(pattern)
        device = "clientid()" if level is None else f"topic({level + 1})"  # IoT SQL counts from 1
        select = _SELECT.replace("topic(3)", device)
        _rule(config, site, dispatcher, role, f"_{number}", f"{select} FROM '{pattern.replace(DEVICE, ANY)}'")


def _rule(config: Configuration, site: CloudScope, dispatcher: str, role: str, suffix: str, sql: str) -> None:
    """One rule. What IoT cannot deliver goes to the dispatcher's dead letters."""
    role_arn = f"${{{role}.arn}}"
    config.resource(
        "aws_iot_topic_rule",
        f"device_gateway{suffix}",
        name=f"{site.twin}_telemetry{suffix}".replace("-", "_"),  # the service takes letters, digits and underscores
        enabled=True,
        sql=sql,
        sql_version="2016-03-23",
        sqs=[{"queue_url": queue(dispatcher, "url"), "role_arn": role_arn, "use_base64": False}],
        error_action=[{"sqs": [{"queue_url": queue(_DEAD_LETTERS, "url"), "role_arn": role_arn, "use_base64": True}]}],
    )


def _device_policy(config: Configuration, site: CloudScope) -> None:
    """A device connects under its own name, publishes its own telemetry and receives its own commands; nothing else.

    ``$${`` keeps Terraform from reading IoT's own variables, which are filled in at each connection.
    """
    config.data("aws_caller_identity", "here")
    config.data("aws_partition", "here")
    device = "$${iot:Connection.Thing.ThingName}"
    statements = [
        access.allow("iot:Connect", f"{_IOT}:client/{device}"),
        access.allow("iot:Publish", f"{_IOT}:topic/{telemetry_topic(site.twin, device)}"),
        access.allow("iot:Subscribe", f"{_IOT}:topicfilter/{commands_topic(site.twin, device)}"),
        access.allow("iot:Receive", f"{_IOT}:topic/{commands_topic(site.twin, device)}"),
    ]
    own = [_resource(each, device) for each in site.topics]
    if own:
        statements.append(access.allow("iot:Publish", *own))
        statements.append(access.allow("iot:RetainPublish", *own))  # as plugs do with what they last said
    config.resource("aws_iot_policy", "devices", name=f"{site.twin}-devices", policy=access.policy(statements))
    config.output("aws_device_policy", "${aws_iot_policy.devices.name}", "IoT policy of this twin's devices")


def _resource(topic: Topic, device: str) -> str:
    """The topics of a pattern in IAM's words, where ``*`` is any text; the device's place is the device."""
    levels = topic.pattern.split("/")
    place = device_level(topic.pattern)
    if place is not None:
        levels[place] = device
    return f"{_IOT}:topic/{'/'.join('*' if each in (ANY, REST) else each for each in levels)}"


def _gateway_policy(config: Configuration, site: CloudScope) -> None:
    """What a gateway may beside what its own policy says: publish for every device of the twin."""
    topics = [f"{_IOT}:topic/{telemetry_topic(site.twin, '*')}", *(_resource(each, "*") for each in site.topics)]
    statements = [access.allow("iot:Publish", *topics), access.allow("iot:RetainPublish", *topics)]
    config.resource("aws_iot_policy", "gateways", name=f"{site.twin}-gateways", policy=access.policy(statements))
    config.output("aws_gateway_policy", "${aws_iot_policy.gateways.name}", "IoT policy of this twin's gateways, beside")
    config.output("aws_gateways", ",".join(site.gateways), "Devices that publish for every device")

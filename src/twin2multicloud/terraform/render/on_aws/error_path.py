"""The error path on AWS: a bus of the twin's own, a rule that fills the reporter's queue, and the error table.

Who may put events on the bus, and use the table, is in `access`. The queue gets the event alone, without EventBridge's
envelope.
"""

import json

from twin2multicloud.hosting.error_events import DETAIL_TYPE
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import hot_store
from twin2multicloud.terraform.render.on_aws.access import policy
from twin2multicloud.terraform.render.on_aws.references import queue
from twin2multicloud.terraform.render.scope import CloudScope

BUS = "${aws_cloudwatch_event_bus.error_topic.name}"
_RULE_ARN = "${aws_cloudwatch_event_rule.error_topic.arn}"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare bus, table and, from the one to the queue of what fills the other, the rule."""
    config.resource("aws_cloudwatch_event_bus", "error_topic", name=site.error_topic.deployed_as)
    hot_store.table(config, "error_table", site.error_table.deployed_as)
    for function in site.functions:
        if function.from_errors:
            _fill(config, site, function.key)


def _fill(config: Configuration, site: CloudScope, key: str) -> None:
    config.resource(
        "aws_cloudwatch_event_rule",
        "error_topic",
        name=site.error_topic.deployed_as,
        description=site.error_topic.reason,
        event_bus_name=BUS,
        event_pattern=json.dumps({"detail-type": [DETAIL_TYPE]}, separators=(",", ":")),
    )
    config.resource(
        "aws_cloudwatch_event_target",
        "error_topic",
        rule="${aws_cloudwatch_event_rule.error_topic.name}",
        event_bus_name=BUS,
        arn=queue(key, "arn"),
        input_path="$.detail",
        depends_on=["aws_sqs_queue_policy.error_topic"],
    )
    statement = {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Principal": {"Service": "events.amazonaws.com"},
        "Resource": [queue(key, "arn")],
        "Condition": {"ArnEquals": {"aws:SourceArn": _RULE_ARN}},
    }
    config.resource("aws_sqs_queue_policy", "error_topic", queue_url=queue(key, "url"), policy=policy([statement]))

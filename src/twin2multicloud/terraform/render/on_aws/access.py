"""What each function may do on AWS: one role per function, one policy per role, and no action that no link asks for.

Actions are those that ``clouds/aws`` calls; a star is used only where AWS has nothing narrower (a log stream's name).
"""

import json
from typing import Any

from twin2multicloud.domain.components import Access
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_aws.references import SECRET_ARN, queue
from twin2multicloud.terraform.render.scope import FunctionView, key_of

Statement = dict[str, Any]
_RECEIVE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_STORE_ACTIONS = {
    Access.READ: ("dynamodb:Query",),
    Access.WRITE: ("dynamodb:BatchWriteItem",),
    Access.DELETE: ("dynamodb:BatchWriteItem",),
}
_EVENT_ACTIONS = {**_STORE_ACTIONS, Access.WRITE: ("dynamodb:BatchWriteItem", "dynamodb:PutItem")}
"""Of the event table, where a row is written only if there is none."""
_OBJECT_ACTIONS = {
    Access.READ: ("s3:GetObject",),
    Access.WRITE: ("s3:PutObject", "s3:GetObject"),  # an object that is there is compared
    Access.DELETE: ("s3:DeleteObject",),
    Access.RESTORE: ("s3:RestoreObject",),
}


def render(config: Configuration, function: FunctionView) -> None:
    """Declare a function's role and what it allows."""
    role(config, function.key, function.component.deployed_as, "lambda.amazonaws.com", _statements(function))


def role(config: Configuration, key: str, name: str, service: str, statements: list[Statement]) -> str:
    """Declare a role that a service takes on, and what it allows; its address."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    made = config.resource("aws_iam_role", key, name=name, assume_role_policy=policy([trust]))
    allowed = policy(statements)
    config.resource("aws_iam_role_policy", key, name="what-it-does", role=f"${{{made}.id}}", policy=allowed)
    return made


def let_in(config: Configuration, key: str, function: str, action: str, statement: str, **who: Json) -> None:
    """Let somebody call the function of the key `function`."""
    config.resource(
        "aws_lambda_permission",
        key,
        statement_id=statement,
        function_name=f"${{aws_lambda_function.{function}.function_name}}",
        action=action,
        **who,
    )


def policy(statements: list[Statement]) -> str:
    """A policy document as text; ARNs are references and hold nothing that JSON would escape."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def allow(actions: str | tuple[str, ...], *resources: str) -> Statement:
    """One statement."""
    found = [actions] if isinstance(actions, str) else list(actions)
    return {"Effect": "Allow", "Action": found, "Resource": list(resources)}


def _statements(function: FunctionView) -> list[Statement]:
    found = [
        allow(("logs:CreateLogStream", "logs:PutLogEvents"), f"${{aws_cloudwatch_log_group.{function.key}.arn}}:*"),
    ]
    if function.reports:
        found.append(allow("events:PutEvents", "${aws_cloudwatch_event_bus.error_topic.arn}"))
    if function.from_queue or function.from_devices:
        found.append(allow(_RECEIVE, queue(function.key, "arn")))
    targets = [queue(key_of(each), "arn") for each in function.puts_into]
    if targets:
        found.append(allow("sqs:SendMessage", *targets))
    for table, access in function.tables:
        made = _EVENT_ACTIONS if table == "event_table" else _STORE_ACTIONS
        actions = tuple(dict.fromkeys(action for each in access for action in made[each]))
        found.append(allow(actions[0] if len(actions) == 1 else actions, f"${{aws_dynamodb_table.{table}.arn}}"))
    for store, allowed in function.objects:
        bucket = f"${{aws_s3_bucket.{key_of(store)}.arn}}"
        found.append(allow(("s3:ListBucket",), bucket))  # without it a missing object is a 403
        found.append(
            allow(tuple(dict.fromkeys(each for one in allowed for each in _OBJECT_ACTIONS[one])), f"{bucket}/*")
        )
    if function.needs_token:
        found.append(allow("secretsmanager:GetSecretValue", SECRET_ARN))
    return found

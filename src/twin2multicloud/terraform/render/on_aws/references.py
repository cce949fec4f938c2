"""How AWS resources of the slice are referred to. Owns the addresses that other files and other clouds use."""

from twin2multicloud.domain.components import Kind
from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.references import References

SECRET_ARN = "${aws_secretsmanager_secret.inter_cloud_token.arn}"  # noqa: S105 - a reference


def function_arn(key: str) -> str:
    """The ARN of a function, without version: TwinMaker takes no other."""
    return f"${{aws_lambda_function.{key}.arn}}"


def queue(key: str, attribute: str) -> str:
    """An attribute of a queue: the one that starts the function of that key, or a dead-letter queue."""
    return f"${{aws_sqs_queue.{key}.{attribute}}}"


def _url(component: Component) -> str:
    """A function URL ends with a slash; the endpoint's path starts with one."""
    return f'${{trimsuffix(aws_lambda_function_url.{scope.key_of(component)}.function_url, "/")}}/{component.name}'


def _resource(component: Component) -> str:
    if component.name in (Kind.HOT_STORE, Kind.ERROR_TABLE, Kind.EVENT_TABLE):
        return f"${{aws_dynamodb_table.{scope.key_of(component)}.name}}"
    if component.name in scope.OBJECT_STORES:
        return f"${{aws_s3_bucket.{scope.key_of(component)}.bucket}}"
    if component.name == scope.ERROR_TOPIC:
        return "${aws_cloudwatch_event_bus.error_topic.name}"
    return queue(scope.key_of(component), "url")


REFERENCES = References(url=_url, resource=_resource, token_secret=SECRET_ARN)

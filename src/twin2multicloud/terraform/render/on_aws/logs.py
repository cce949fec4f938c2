"""Where AWS's functions log: a CloudWatch log group per function, with retention, made before Lambda would make one."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import FunctionView


def render(config: Configuration, function: FunctionView) -> str:
    """Declare a function's log group; its address."""
    return config.resource(
        "aws_cloudwatch_log_group",
        function.key,
        name=f"/aws/lambda/{function.component.deployed_as}",
        retention_in_days="${var.log_retention_days}",
    )

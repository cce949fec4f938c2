"""Functions on AWS: Lambda, each with its log group, its queue's mapping and, where the table asks for one, its URL."""

from twin2multicloud.domain.components import runs_user_code
from twin2multicloud.domain.rota import EVERY_MINUTES
from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import access, logs
from twin2multicloud.terraform.render.on_aws.references import function_arn, queue
from twin2multicloud.terraform.render.references import Clouds
from twin2multicloud.terraform.render.scope import CloudScope, FunctionView

RUNTIME, ARCHITECTURE, HANDLER = "python3.13", "x86_64", "main.handler"
_MEMORY_MB = 256
SCHEDULED = '{"scheduled":true}'
"""What tells a scheduled run from a call (see clouds/aws/runtime.py)."""
BATCH, BATCH_OF_USER_CODE, BATCH_WITHOUT_WINDOW = 1_000, 100, 10
"""Messages of a batch at most, each of which may hold many readings: SQS takes 10,000 where there is a window, and ten
where there is none; six megabytes end a batch in any case (lambda/services-sqs-configure). User code has to get
through a batch within the function's time."""
_AT_ONCE, _ERRORS_AT_ONCE = 10, 2
"""Batches of one queue at a time. A new account runs ten functions at once in all (lambda/gettingstarted-limits), and
without a limit one queue's backlog takes them from all others (lambda/services-sqs-scaling).
The error reporter has the fewest: each stores at its own pace."""


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Declare every function of the site."""
    for function in site.functions:
        access.render(config, function)
        _function(config, function, clouds)
        if function.from_queue or function.from_devices:
            _mapping(config, function, site.batch_window)
        if function.endpoint is not None:
            _endpoint(config, function)
        if function.schedule is not None:
            _schedule(config, function, function.schedule)


def _function(config: Configuration, function: FunctionView, clouds: Clouds) -> None:
    key, name = function.key, function.component.deployed_as
    log_group = logs.render(config, function)
    bundle = f"${{var.bundles}}/aws/{function.name}.zip"
    config.resource(
        "aws_lambda_function",
        key,
        function_name=name,
        description=function.component.reason,
        role=f"${{aws_iam_role.{key}.arn}}",
        runtime=RUNTIME,
        architectures=[ARCHITECTURE],
        handler=HANDLER,
        filename=bundle,
        source_code_hash=f'${{filebase64sha256("{bundle}")}}',
        memory_size=_MEMORY_MB,
        timeout=function.timeout_s,
        environment=[{"variables": clouds.environment(function.component.cloud, function.environment)}],
        logging_config=[{"log_format": "Text", "log_group": f"${{{log_group}.name}}"}],
        depends_on=[f"aws_iam_role_policy.{key}"],  # the first invocation already needs it
    )


def _mapping(config: Configuration, function: FunctionView, window: int) -> None:
    """Started by SQS; only failed records are redelivered (see clouds/aws/entrypoint).

    The error reporter stores at its own pace, and nobody waits for it to be cheap.
    """
    most = BATCH_OF_USER_CODE if runs_user_code(function.name) else BATCH
    gathers = window > 0 and not function.from_errors
    config.resource(
        "aws_lambda_event_source_mapping",
        function.key,
        event_source_arn=queue(function.key, "arn"),
        function_name=function_arn(function.key),
        batch_size=most if gathers else BATCH_WITHOUT_WINDOW,
        maximum_batching_window_in_seconds=window if gathers else 0,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=[{"maximum_concurrency": _ERRORS_AT_ONCE if function.from_errors else _AT_ONCE}],
    )


def _schedule(config: Configuration, function: FunctionView, schedule: Component) -> None:
    """EventBridge Scheduler, with a role of its own. Lambda tries a run that fails twice more."""
    key, name = f"{function.key}_schedule", f"{function.component.deployed_as}-timer"
    invoke = access.allow("lambda:InvokeFunction", function_arn(function.key))
    role = access.role(config, key, name, "scheduler.amazonaws.com", [invoke])
    config.resource(
        "aws_scheduler_schedule",
        key,
        name=name,
        description=schedule.reason,
        schedule_expression=f"cron(0/{EVERY_MINUTES} * * * ? *)",
        flexible_time_window=[{"mode": "OFF"}],
        target=[
            {
                "arn": function_arn(function.key),
                "role_arn": f"${{{role}.arn}}",
                "input": SCHEDULED,
            }
        ],
    )


def _endpoint(config: Configuration, function: FunctionView) -> None:
    """A function URL. It is open to the network because callers are on other clouds; the token guards it.

    Two permissions, both: since October 2025 AWS asks for `InvokeFunction` too, and without the argument
    `invoked_via_function_url` that one would open direct invocation to every account.
    """
    key = function.key
    name = f"${{aws_lambda_function.{key}.function_name}}"
    config.resource("aws_lambda_function_url", key, function_name=name, authorization_type="NONE")
    by_url, invoked = {"function_url_auth_type": "NONE"}, {"invoked_via_function_url": True}
    access.let_in(config, f"{key}_url", key, "lambda:InvokeFunctionUrl", "url", principal="*", **by_url)
    access.let_in(
        config, f"{key}_invoke_by_url", key, "lambda:InvokeFunction", "invoke-by-url", principal="*", **invoked
    )

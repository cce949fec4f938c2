"""Everything that AWS holds of a twin, in one pass. Owns the provider's block and the outputs.

Variables: ``aws_region``. Credentials are the provider's own matter.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import (
    device_gateway,
    error_path,
    functions,
    hot_store,
    object_stores,
    permissions,
    queues,
    references,
    secrets,
    twin_service,
)
from twin2multicloud.terraform.render.references import Clouds, Renderer
from twin2multicloud.terraform.render.scope import CloudScope

REFERENCES = references.REFERENCES


def provide(config: Configuration, twin: str) -> None:
    """Add the provider and its variables: enough to remove what an earlier placement left here."""
    config.variable("aws_region", "AWS region", default="eu-central-1")
    config.provider(
        "aws",
        region="${var.aws_region}",
        default_tags=[{"tags": {"twin": twin, "managed-by": "twin2multicloud"}}],
    )


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Add AWS's part of the slice to the configuration."""
    provide(config, site.twin)
    error_path.render(config, site)
    secrets.render(config, site)
    hot_store.render(config, site)
    object_stores.render(config, site)
    queues.render(config, site)
    functions.render(config, site, clouds)
    twin_service.render(config, site)
    device_gateway.render(config, site)
    names = {each.name: f"${{aws_lambda_function.{each.key}.function_name}}" for each in site.functions}
    config.output("aws_functions", names, "Names of the functions on AWS")
    config.output("aws_region", "${var.aws_region}", "AWS region of this deployment")
    if site.called:  # Direct invocations need lambda:InvokeFunction, with a URL or without.
        called = {each.name: names[each.name] for each in site.called}
        config.output("aws_called", called, "Names of the functions on AWS that the operator calls")


RENDERER = Renderer(
    references=REFERENCES,
    provide=provide,
    render=render,
    versions={"aws": "6.66.0"},
    needs_suffix=False,
    needs=permissions.needs,
    policy=permissions.policy,
)

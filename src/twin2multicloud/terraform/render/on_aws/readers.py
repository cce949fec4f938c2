"""What an operator needs to call the readers on AWS: their names. They take direct invocations, with a URL or without.

Who may call is IAM's: whoever has ``lambda:InvokeFunction``, which whoever deploys has.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Say where the readers are, where this cloud holds L3-hot."""
    if site.readers:
        config.output("aws_readers", _names(site), "The names of AWS's readers, by function")


def _names(site: CloudScope) -> dict[str, str]:
    return {each.name: f"${{aws_lambda_function.{each.key}.function_name}}" for each in site.readers}

"""The token between clouds in AWS Secrets Manager. Functions get the secret's ARN, never its value."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.references import TOKEN
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the secret where a function takes part in a crossing.

    It goes at once on destroy: the token is made anew with the next deployment, and the name must be free for it.
    """
    if not site.needs_token:
        return
    secret = config.resource(
        "aws_secretsmanager_secret",
        "inter_cloud_token",
        name=f"{site.twin}-inter-cloud-token",
        description="Token for calls between the clouds of this twin",
        recovery_window_in_days=0,
    )
    config.resource(
        "aws_secretsmanager_secret_version",
        "inter_cloud_token",
        secret_id=f"${{{secret}.id}}",
        secret_string=TOKEN,
        lifecycle=[{"create_before_destroy": True}],  # one is always the current one
    )

"""The token between clouds in Secret Manager. Functions get the secret's name, never its value."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import REGION, SERVICES_ON
from twin2multicloud.terraform.render.references import TOKEN
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the secret where a function takes part in a crossing."""
    if not site.needs_token:
        return
    secret = config.resource(
        "google_secret_manager_secret",
        "inter_cloud_token",
        secret_id=f"{site.twin}-inter-cloud-token",
        replication=[{"user_managed": [{"replicas": [{"location": REGION}]}]}],
        depends_on=SERVICES_ON,
    )
    config.resource(
        "google_secret_manager_secret_version",
        "inter_cloud_token",
        secret=f"${{{secret}.id}}",
        secret_data=TOKEN,
        lifecycle=[{"create_before_destroy": True}],  # one is always the current one
    )

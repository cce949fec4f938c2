"""Google Cloud's error topic: a Pub/Sub topic. Who may publish there is in `access`."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import SERVICES_ON
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the topic. It keeps events for a week, so that whoever subscribes later still sees them."""
    config.resource(
        "google_pubsub_topic",
        "error_topic",
        name=site.error_topic.deployed_as,
        message_retention_duration="604800s",
        depends_on=SERVICES_ON,
    )

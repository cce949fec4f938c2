"""The error path on Google Cloud: the error topic, and the error table.

What the topic starts is a push subscription like those of queues, see `queues`; who may publish and use the table is in
`access`.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp import hot_store, references
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare topic and table. The topic keeps events for a week, for later subscribers."""
    config.resource(
        "google_pubsub_topic",
        "error_topic",
        name=site.error_topic.deployed_as,
        message_retention_duration="604800s",
        depends_on=references.SERVICES_ON,
    )
    hot_store.rows(config, "error_table", site.error_table.deployed_as)

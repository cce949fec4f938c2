"""Where devices publish on Google Cloud: a Pub/Sub topic. IoT Core ended in 2023; there is no device service.

A gateway in the field publishes for its devices, as the service account of this file; the attribute ``device_id`` says
for which (clouds/gcp/entrypoint.on_device). What keeps device apart from device is the gateway.
"""

from twin2multicloud.deploy.render.configuration import Configuration
from twin2multicloud.deploy.render.names import fitted
from twin2multicloud.deploy.render.on_gcp.references import SERVICES_ON, topic
from twin2multicloud.deploy.render.scope import Site

LETTERS = "device_dead_letters"


def render(config: Configuration, site: Site) -> None:
    """Declare the topic, who may publish to it, and where readings go that the dispatcher cannot take."""
    if site.gateway is None:
        return
    for key, name in (("device_gateway", site.gateway.deployed_as), (LETTERS, f"{site.twin}-device-dead-letters")):
        config.resource("google_pubsub_topic", key, name=name, depends_on=SERVICES_ON)
    account = config.resource(
        "google_service_account",
        "device_gateway",
        account_id=fitted(f"{site.twin}-devices", 30),
        display_name=f"{site.twin}: publishes what devices say",
        depends_on=SERVICES_ON,
    )
    config.resource(
        "google_pubsub_topic_iam_member",
        "device_gateway",
        topic=topic("device_gateway"),
        role="roles/pubsub.publisher",
        member=f"${{{account}.member}}",
    )
    config.output("gcp_device_endpoint", topic("device_gateway"), "The topic that gateways publish to")
    config.output("gcp_device_account", f"${{{account}.email}}", "The service account that gateways sign in as")

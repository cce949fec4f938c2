"""Where devices publish on Google Cloud: our own function, as there is no device service since IoT Core ended.

It looks each device up in the registry, a Firestore database of its own (the hot store's functions have no business
with fingerprints, nor the gateway with readings), and publishes to the topic that starts the dispatcher, with the
device in the attribute ``device_id`` (clouds/gcp/entrypoint.on_device). Only it may publish there.
"""

from collections.abc import Mapping

from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_gcp import access, hot_store
from twin2multicloud.terraform.render.on_gcp.references import PROJECT, SERVICES_ON, member, topic
from twin2multicloud.terraform.render.scope import CloudScope

_GATEWAY, _REGISTRY = "device_gateway", "device_registry"
_CONCURRENCY = 100  # publishes in one instance, each waiting for company and Pub/Sub most of its time

SERVICE: Mapping[str, Json] = {"available_cpu": "1", "max_instance_request_concurrency": _CONCURRENCY}
"""The gateway's service, where it is not as every function's: an instance that serves several requests at once needs a
whole CPU (cloud.google.com/run/docs/configuring/services/cpu)."""

ENVIRONMENT: Mapping[str, str] = {
    "DEVICE_REGISTRY_NAME": f"${{google_firestore_database.{_REGISTRY}.name}}",
    "DEVICE_TOPIC": topic(_GATEWAY),
    "THREADS": str(_CONCURRENCY),  # functions-framework's own; it takes four a CPU otherwise
}
"""Its environment beside that of every own service."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare topic and registry, and who uses them."""
    if site.gateway is None:
        return
    config.resource("google_pubsub_topic", _GATEWAY, name=site.gateway.deployed_as, depends_on=SERVICES_ON)
    hot_store.database(config, _REGISTRY, f"{site.twin}-devices")
    access.publisher(config, f"{_GATEWAY}_to_{_GATEWAY}", _GATEWAY, member(_GATEWAY))
    access.database(config, _GATEWAY, "registry", access.READ_DATABASE, "the twin's device registry", _REGISTRY)
    url = f"${{google_cloudfunctions2_function.{_GATEWAY}.service_config[0].uri}}/topics"
    config.output("gcp_device_endpoint", url, "URL that devices publish to: POST <this>/dt/<twin>/<device>/telemetry")
    config.output("twin", site.twin, "Name of the twin, part of its devices' topics")
    name = f"projects/{PROJECT}/databases/${{google_firestore_database.{_REGISTRY}.name}}"
    config.output("gcp_device_registry", name, "Full name of the device registry")

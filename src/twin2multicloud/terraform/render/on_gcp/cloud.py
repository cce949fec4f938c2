"""Everything that Google Cloud holds of a twin, in one pass. Owns the provider's block, services, outputs.

Variables: ``gcp_project``, ``gcp_region``. Credentials are the provider's own matter.
"""

from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_gcp import (
    device_gateway,
    error_path,
    functions,
    hot_store,
    logs,
    object_stores,
    permissions,
    queues,
    references,
    secrets,
)
from twin2multicloud.terraform.render.references import Clouds, Renderer
from twin2multicloud.terraform.render.scope import CloudScope

REFERENCES = references.REFERENCES
SERVICES = (
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudscheduler",
    "firestore",
    "iam",
    "logging",
    "pubsub",
    "run",
    "secretmanager",
    "storage",
)
"""What has to be switched on in the project. It stays on when the twin goes: others may use it."""

_FIRST = ("cloudresourcemanager", "serviceusage")
"""What the provider itself calls to switch the others on, and to grant roles on the project."""


def provide(config: Configuration, twin: str) -> None:
    """Add the provider and its variables: enough to remove what an earlier placement left here."""
    config.variable("gcp_project", "Google Cloud project id")
    config.variable("gcp_region", "Google Cloud region", default="europe-west1")
    # A new project may ask for 10 or 20 CPUs in a region, counted by what each service may grow to (run/quotas).
    config.variable("gcp_max_instances", "Most instances of a function on Google Cloud", "number", default=10)
    config.variable("gcp_open", "How endpoints are open: allUsers, or unchecked", default="allUsers")
    labels = {"twin": twin, "managed-by": "twin2multicloud"}
    config.provider("google", project=references.PROJECT, region=references.REGION, default_labels=labels)


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Add Google Cloud's part of the slice to the configuration."""
    provide(config, site.twin)
    _services(config, "first", _FIRST)
    used = _services(config, "used", SERVICES, depends_on=["google_project_service.first"])
    # A service answers some time after it says that it is on; its agent, Pub/Sub's among them, is made meanwhile.
    config.resource("time_sleep", "services_on", create_duration="60s", depends_on=[used])
    config.data("google_project", "here", project_id=references.PROJECT, depends_on=references.SERVICES_ON)
    logs.render(config, site)
    error_path.render(config, site)
    secrets.render(config, site)
    hot_store.render(config, site)
    object_stores.render(config, site)
    device_gateway.render(config, site)
    functions.render(config, site, clouds)
    queues.render(config, site)
    names = {each.name: f"${{google_cloudfunctions2_function.{each.key}.id}}" for each in site.functions}
    config.output("gcp_functions", names, "Full names of the functions on Google Cloud")
    services = {
        each.name: f"${{google_cloudfunctions2_function.{each.key}.service_config[0].service}}"
        for each in site.functions
        if each.endpoint is not None
    }
    if services:
        config.output("gcp_open_services", services, "Services that are open to the network, by function")
    config.output("gcp_bundles", "${google_storage_bucket.bundles.name}", "Bucket of their archives")
    _called(config, site)


def _services(config: Configuration, key: str, names: tuple[str, ...], **more: Json) -> str:
    return config.resource(
        "google_project_service",
        key,
        for_each={each: each for each in names},
        project=references.PROJECT,
        service="${each.value}.googleapis.com",
        disable_on_destroy=False,
        **more,
    )


def _called(config: Configuration, site: CloudScope) -> None:
    """Where the functions are that the operator calls, and which secret opens those that are endpoints.

    Any other asks for an ID token of somebody with ``run.routes.invoke``, whose audience is the URL (see
    clouds/gcp/invocation.py): the service's own run.app address, which Cloud Run knows as one.
    """
    if not site.called:
        return
    urls = {each.name: f"${{google_cloudfunctions2_function.{each.key}.service_config[0].uri}}" for each in site.called}
    config.output("gcp_called", urls, "URLs of the functions on Google Cloud that the operator calls")
    if any(each.endpoint is not None for each in site.called):
        config.output("gcp_token_secret", references.TOKEN_SECRET_NAME, "Secret that holds the inter-cloud token")


RENDERER = Renderer(
    references=REFERENCES,
    provide=provide,
    render=render,
    versions={"google": "6.50.0"},
    needs_suffix=True,
    needs=permissions.needs,
    policy=permissions.policy,
)

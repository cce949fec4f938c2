"""Functions on Google Cloud: Cloud Run functions (2nd generation), each with its code in the twin's bucket.

All are HTTP to Cloud Run; functions-framework turns a push into the event that the function asks for. A function that a
queue starts takes calls from inside the project only, and from Pub/Sub's account; an endpoint is open to the network
because callers are on other clouds, and the token guards it. The device gateway is open too: devices sign in with keys.
"""

from collections.abc import Mapping

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.rota import EVERY_MINUTES
from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.on_gcp import access, device_gateway
from twin2multicloud.terraform.render.on_gcp.references import PROJECT, REGION, SERVICES_ON, member
from twin2multicloud.terraform.render.references import SUFFIX, Clouds
from twin2multicloud.terraform.render.scope import CloudScope, FunctionView

RUNTIME, ENTRY_POINT = "python313", "main"
_MEMORY = "512Mi"
_INSTANCES = "${var.gcp_max_instances}"

_OWN_SERVICES: Mapping[str, tuple[Mapping[str, Json], Mapping[str, str]]] = {
    Kind.DEVICE_GATEWAY: (device_gateway.SERVICE, device_gateway.ENVIRONMENT)
}
"""Our services that this cloud lacks: their differences from a function, and their further environment."""


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Declare the bucket and every function of the site."""
    _bucket(config, site)
    _builder(config, site)
    for function in site.functions:
        granted = access.render(config, function)
        _code(config, function)
        _function(config, function, clouds, granted)
        if function.endpoint is not None:
            access.open_to_all(config, function)
        if function.schedule is not None:
            _schedule(config, function, function.schedule)


def _schedule(config: Configuration, function: FunctionView, schedule: Component) -> None:
    """Cloud Scheduler, which signs in at the function as an account of its own."""
    key, name = f"{function.key}_schedule", f"{function.component.deployed_as}-timer"
    access.account(config, key, name, schedule.reason[:100])
    access.invoker(config, function, "schedule", member(key))
    url = f"${{google_cloudfunctions2_function.{function.key}.service_config[0].uri}}"
    config.resource(
        "google_cloud_scheduler_job",
        key,
        name=name,
        description=schedule.reason,
        region=REGION,
        schedule=f"*/{EVERY_MINUTES} * * * *",
        time_zone="Etc/UTC",
        attempt_deadline=f"{function.timeout_s}s",
        retry_config=[{"retry_count": 2, "min_backoff_duration": "60s"}],
        http_target=[
            {
                "http_method": "POST",
                "uri": url,
                "oidc_token": [{"service_account_email": f"${{google_service_account.{key}.email}}", "audience": url}],
            }
        ],
        depends_on=SERVICES_ON,
    )


def _bucket(config: Configuration, site: CloudScope) -> None:
    config.resource(
        "google_storage_bucket",
        "bundles",
        name=f"{site.twin}-bundles-{SUFFIX}",
        location=REGION,
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        force_destroy=True,  # bundles can be made again
        versioning=[{"enabled": True}],
        depends_on=SERVICES_ON,
    )


_BUILD_ROLES = ("logging.logWriter", "artifactregistry.writer", "storage.objectViewer")


def _builder(config: Configuration, site: CloudScope) -> None:
    """Who Cloud Build is: the default account may build nothing in projects made since July 2024.

    Roles: cloud.google.com/functions/docs/securing/build-custom-sa.
    """
    access.account(config, "build", f"{site.twin}-build", f"{site.twin}: builds functions")
    config.resource(
        "google_project_iam_member",
        "build",
        for_each={each: each for each in _BUILD_ROLES},
        project=PROJECT,
        role="roles/${each.value}",
        member="${google_service_account.build.member}",
    )
    # "Access changes … within 2 minutes" (iam/docs/access-change-propagation); a build before that fails.
    config.resource("time_sleep", "build_roles", create_duration="120s", depends_on=["google_project_iam_member.build"])


def _code(config: Configuration, function: FunctionView) -> None:
    """The name holds the content's digest: new code is a new object, and so a new revision."""
    bundle = f"${{var.bundles}}/gcp/{function.name}.zip"
    config.resource(
        "google_storage_bucket_object",
        function.key,
        bucket="${google_storage_bucket.bundles.name}",
        name=f'{function.name}-${{filesha256("{bundle}")}}.zip',
        source=bundle,
    )


def _function(config: Configuration, function: FunctionView, clouds: Clouds, granted: list[str]) -> None:
    key = function.key
    internal = function.from_queue or function.from_devices
    service, told = _OWN_SERVICES.get(function.name, ({}, {}))
    environment = {**clouds.environment(function.component.cloud, function.environment), **told}
    source = {
        "bucket": "${google_storage_bucket.bundles.name}",
        "object": f"${{google_storage_bucket_object.{key}.name}}",
    }
    config.resource(
        "google_cloudfunctions2_function",
        key,
        name=function.component.deployed_as,
        location=REGION,
        description=function.component.reason,
        build_config=[
            {
                "runtime": RUNTIME,
                "entry_point": ENTRY_POINT,
                "service_account": "${google_service_account.build.id}",
                "source": [{"storage_source": [source]}],
            }
        ],
        service_config=[
            {
                "service_account_email": f"${{google_service_account.{key}.email}}",
                "available_memory": _MEMORY,
                "timeout_seconds": function.timeout_s,
                "max_instance_count": 1 if function.from_errors else _INSTANCES,  # it stores at its own pace
                "ingress_settings": "ALLOW_INTERNAL_ONLY" if internal else "ALLOW_ALL",
                "all_traffic_on_latest_revision": True,
                "environment_variables": {**environment, "GOOGLE_CLOUD_PROJECT": PROJECT},
                **service,
            }
        ],
        depends_on=[*SERVICES_ON, "time_sleep.build_roles", *granted],
    )

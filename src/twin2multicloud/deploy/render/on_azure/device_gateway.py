"""Where devices connect on Azure: IoT Hub, whose built-in endpoint starts the dispatcher.

Device identities are no part of this: they are registered once the twin is up. The built-in endpoint takes a shared
policy only, so that its connection string lies in the vault and the dispatcher's setting refers to it.
"""

from twin2multicloud.deploy.render.configuration import Configuration
from twin2multicloud.deploy.render.names import single_dashes
from twin2multicloud.deploy.render.on_azure import secrets
from twin2multicloud.deploy.render.on_azure.references import GROUP, LOCATION, tags
from twin2multicloud.deploy.render.references import SUFFIX
from twin2multicloud.deploy.render.scope import Site


def render(config: Configuration, site: Site) -> None:
    """Declare the gateway where L1 is here."""
    if site.gateway is None:
        return
    dispatcher = next(each for each in site.functions if each.from_devices)
    hub = config.resource(
        "azurerm_iothub",
        "device_gateway",
        name=single_dashes(f"{site.gateway.deployed_as}-{SUFFIX}"),
        resource_group_name=GROUP,
        location=LOCATION,
        sku=[{"name": "S1", "capacity": 1}],
        event_hub_partition_count=4,
        event_hub_retention_in_days=7,  # the longest: what the dispatcher has not taken by then is gone
        min_tls_version="1.2",
        tags=tags(site),
    )
    policy = config.resource(
        "azurerm_iothub_shared_access_policy",
        "dispatcher",
        name="dispatcher",
        resource_group_name=GROUP,
        iothub_name=f"${{{hub}.name}}",
        service_connect=True,
    )
    secret = secrets.secret(config, site, "device_events", "device-events", _connection(hub, policy))
    config.resource(
        "azurerm_role_assignment",
        f"{dispatcher.key}_device_events",
        scope=f"${{{secret}.resource_versionless_id}}",
        role_definition_name="Key Vault Secrets User",
        principal_id=f"${{azurerm_function_app_flex_consumption.{dispatcher.key}.identity[0].principal_id}}",
        principal_type="ServicePrincipal",
        skip_service_principal_aad_check=True,
    )
    config.output("azure_device_endpoint", f"${{{hub}.hostname}}", "Where devices connect")


def _connection(hub: str, policy: str) -> str:
    """The Event Hub-compatible connection string: IoT Hub's own form of it (iot-hub-devguide-messages-read-builtin)."""
    return (
        f"Endpoint=${{{hub}.event_hub_events_endpoint}};SharedAccessKeyName=${{{policy}.name}};"
        f"SharedAccessKey=${{{policy}.primary_key}};EntityPath=${{{hub}.event_hub_events_path}}"
    )

"""Where devices connect on Azure: IoT Hub, which routes telemetry to our event hub; that starts the dispatcher.

Not IoT Hub's built-in endpoint: that one takes a shared key only, and the key would have to reach the dispatcher's
settings. Here everybody signs in as who they are. Routed messages keep IoT Hub's system properties, the device's id
among them (iot-hub-devguide-messages-construct). Device identities are registered once the twin is up, by whoever
deploys: roles of learn.microsoft.com azure/iot-hub/authenticate-authorize-azure-ad. The hub's own keys open nothing;
those of devices do, for local authentication is that of the service API (Microsoft.Devices/IotHubs, disableLocalAuth).
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.names import single_dashes
from twin2multicloud.terraform.render.on_azure.references import GROUP, deployers_role, identity, placed, role
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope

NAMESPACE_HOST = "${azurerm_eventhub_namespace.devices.name}.servicebus.windows.net"
"""The one host name that is built: a namespace has it by definition, and no attribute."""

HUB_NAME, HUB_SCOPE = "${azurerm_eventhub.devices.name}", "${azurerm_eventhub.devices.id}"
_IDENTITY = "azurerm_user_assigned_identity.device_gateway"
PARTITIONS = 4
_RETENTION_DAYS = 7  # the longest: what the dispatcher has not taken by then is gone


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the gateway where L1 is here."""
    if site.gateway is None:
        return
    _event_hub(config, site)
    _iot_hub(config, site, single_dashes(f"{site.gateway.deployed_as}-{SUFFIX}"))
    _route(config)
    _registrar(config)
    config.output("twin", site.twin, "Name of the twin, the tag of its devices")
    config.output("azure_device_endpoint", "${azurerm_iothub.device_gateway.hostname}", "Host that devices connect to")


def _event_hub(config: Configuration, site: CloudScope) -> None:
    namespace = config.resource(
        "azurerm_eventhub_namespace",
        "devices",
        name=single_dashes(f"{site.twin}-devices-{SUFFIX}"),
        **placed(site),
        sku="Standard",
        capacity=1,
        local_authentication_enabled=False,
        minimum_tls_version="1.2",
    )
    config.resource(
        "azurerm_eventhub",
        "devices",
        name="telemetry",
        namespace_id=f"${{{namespace}.id}}",
        partition_count=PARTITIONS,
        message_retention=_RETENTION_DAYS,
    )


def _iot_hub(config: Configuration, site: CloudScope, name: str) -> None:
    """The hub, and who it is when it writes to the event hub."""
    identity(config, site, "device_gateway", f"{site.twin}-device-gateway")
    role(config, "device_gateway", "device_gateway", "Azure Event Hubs Data Sender", HUB_SCOPE)
    config.resource(
        "azurerm_iothub",
        "device_gateway",
        name=name,
        **placed(site),
        sku=[{"name": "S1", "capacity": 1}],
        identity=[{"type": "UserAssigned", "identity_ids": [f"${{{_IDENTITY}.id}}"]}],
        min_tls_version="1.2",
        local_authentication_enabled=False,
    )


def _registrar(config: Configuration) -> None:
    """Grant the deployer writing and querying identities, which needs a right on their twins."""
    for key, name in (("devices", "IoT Hub Registry Contributor"), ("twins", "IoT Hub Twin Contributor")):
        deployers_role(config, key, name, "${azurerm_iothub.device_gateway.id}")


def _route(config: Configuration) -> None:
    endpoint = config.resource(
        "azurerm_iothub_endpoint_eventhub",
        "devices",
        name="devices",
        resource_group_name=GROUP,
        iothub_id="${azurerm_iothub.device_gateway.id}",
        authentication_type="identityBased",
        identity_id=f"${{{_IDENTITY}.id}}",
        endpoint_uri=f"sb://{NAMESPACE_HOST}",
        entity_path=HUB_NAME,
        depends_on=["azurerm_role_assignment.device_gateway"],  # the hub tries the endpoint when it is declared
    )
    config.resource(
        "azurerm_iothub_route",
        "devices",
        name="telemetry",
        resource_group_name=GROUP,
        iothub_name="${azurerm_iothub.device_gateway.name}",
        source="DeviceMessages",
        condition="true",
        endpoint_names=[f"${{{endpoint}.name}}"],
        enabled=True,
    )

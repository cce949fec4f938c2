"""Functions on Azure: Flex Consumption, where an app has a plan, a code container and an identity of its own.

Linux Consumption ends in 2028. The host's own storage (``AzureWebJobsStorage``) goes by key: with an identity, the
provider adds an empty setting of that name, and the app does not start (hashicorp/terraform-provider-azurerm 29693).
Each function has an account to itself, so that its key opens its own code and leases and nothing of anybody else's.

Code does not come with the app: azurerm posts it to ``/api/zipdeploy``, which Flex Consumption has not (azurerm issue
29630). `operations.publishing` publishes it once the app is there.
"""

from twin2multicloud.domain.rota import EVERY_MINUTES
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_azure import access, device_gateway, logs, object_stores, queues
from twin2multicloud.terraform.render.on_azure.references import placed
from twin2multicloud.terraform.render.references import SUFFIX, Clouds
from twin2multicloud.terraform.render.scope import ATTEMPTS, CloudScope, FunctionView

RUNTIME_VERSION = "3.13"
_MEMORY_MB = 512  # the minimum
_SETTINGS_OF_QUEUES = "AzureFunctionsJobHost__extensions__queues__"
_SETTINGS_OF_EVENT_HUBS = "AzureFunctionsJobHost__extensions__eventHubs__"
FEWEST_EVENTS = 100
"""Events that a partition waits for, until the window is over: with at least two of them the host waits at all, and it
must be fewer than host.json's maximum (functions-bindings-event-hubs, minEventBatchSize and maxWaitTime)."""
HIDDEN_S = 5 * 60
_ATTEMPTS_OF_WAITING = 4032
"""Over host.json's own (functions-host-json): two weeks of an outage before a message is poison."""

_INSTANCES = 40  # the lowest allowed maximum


def render(config: Configuration, site: CloudScope, clouds: Clouds) -> None:
    """Declare every function of the site."""
    for function in site.functions:
        roles = access.render(config, site, function)
        _host_storage(config, site, function)
        _plan(config, site, function)
        _app(config, site, function, _settings(function, clouds, site.batch_window), roles)


def _host_storage(config: Configuration, site: CloudScope, function: FunctionView) -> None:
    account = queues.storage_account(
        config,
        site,
        function.key,
        function.component.deployed_as,
        account_replication_type="LRS",  # code and leases: made again by the next deployment
        shared_access_key_enabled=True,  # see above: only the host signs in with it
        sas_policy=[{"expiration_period": "01.00:00:00", "expiration_action": "Log"}],
    )
    config.resource(
        "azurerm_storage_container",
        function.key,
        name="code",
        storage_account_id=f"${{{account}.id}}",
        container_access_type="private",
    )


def _plan(config: Configuration, site: CloudScope, function: FunctionView) -> None:
    config.resource(
        "azurerm_service_plan",
        function.key,
        name=function.component.deployed_as,
        **placed(site),
        os_type="Linux",
        sku_name="FC1",
    )


def _app(
    config: Configuration, site: CloudScope, function: FunctionView, settings: dict[str, str], roles: list[str]
) -> None:
    key = function.key
    storage = f"azurerm_storage_account.{key}"
    config.resource(
        "azurerm_function_app_flex_consumption",
        key,
        name=f"{function.component.deployed_as}-{SUFFIX}",
        **placed(site),
        service_plan_id=f"${{azurerm_service_plan.{key}.id}}",
        runtime_name="python",
        runtime_version=RUNTIME_VERSION,
        storage_container_type="blobContainer",
        storage_container_endpoint=f"${{{storage}.primary_blob_endpoint}}${{azurerm_storage_container.{key}.name}}",
        storage_authentication_type="StorageAccountConnectionString",
        storage_access_key=f"${{{storage}.primary_access_key}}",
        instance_memory_in_mb=_MEMORY_MB,
        maximum_instance_count=_INSTANCES,
        https_only=True,
        webdeploy_publish_basic_authentication_enabled=False,
        identity=[{"type": "UserAssigned", "identity_ids": [f"${{azurerm_user_assigned_identity.{key}.id}}"]}],
        site_config=[
            {
                "application_insights_connection_string": logs.CONNECTION,
                "minimum_tls_version": "1.2",
                "http2_enabled": True,
            }
        ],
        app_settings=settings,
        depends_on=roles,
    )


def _settings(function: FunctionView, clouds: Clouds, batch_window: int) -> dict[str, str]:
    """The topology's variables, and what the host and the adapters need to find their way (clouds/azure/runtime.py)."""
    client = f"${{azurerm_user_assigned_identity.{function.key}.client_id}}"
    found = {
        **clouds.environment(function.component.cloud, function.environment),
        "AZURE_CLIENT_ID": client,
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": f"ClientId={client};Authorization=AAD",
    }
    if function.puts_into:
        found |= {"QUEUES__queueServiceUri": queues.SERVICE_URL, "QUEUES__clientId": client}
    if function.from_queue:
        found |= {
            "QUEUE_NAME": f"${{azurerm_storage_queue.{function.key}.name}}",
            "QUEUE_CONNECTION__queueServiceUri": queues.SERVICE_URL,
            "QUEUE_CONNECTION__credential": "managedidentity",
            "QUEUE_CONNECTION__clientId": client,
            f"{_SETTINGS_OF_QUEUES}visibilityTimeout": f"00:{HIDDEN_S // 60:02}:00",
            f"{_SETTINGS_OF_QUEUES}maxDequeueCount": str(_ATTEMPTS_OF_WAITING if function.waits else ATTEMPTS),
        }
    if function.from_errors:  # Event Grid writes messages as it likes, in base64 or plain; the reporter reads both
        found[f"{_SETTINGS_OF_QUEUES}messageEncoding"] = "none"
    if function.from_devices:
        found |= {
            "EVENT_HUB_NAME": device_gateway.HUB_NAME,
            "EVENT_HUB_CONNECTION__fullyQualifiedNamespace": device_gateway.NAMESPACE_HOST,
            "EVENT_HUB_CONNECTION__credential": "managedidentity",
            "EVENT_HUB_CONNECTION__clientId": client,
        }
    if function.from_devices and batch_window > 0:
        found |= {
            f"{_SETTINGS_OF_EVENT_HUBS}minEventBatchSize": str(FEWEST_EVENTS),
            f"{_SETTINGS_OF_EVENT_HUBS}maxWaitTime": f"00:00:{batch_window:02}",
        }
    if function.objects:
        found["OBJECT_STORE_URL"] = object_stores.URL
    if function.schedule is not None:
        found["SCHEDULE"] = f"0 */{EVERY_MINUTES} * * * *"
    for store, _ in function.tables:
        found["COSMOS_URL"] = f"${{azurerm_cosmosdb_account.{store}.endpoint}}"
    return found

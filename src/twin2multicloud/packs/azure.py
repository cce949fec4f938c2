"""Azure as one record. Owns its figures and names; refers to what is heavy, and imports none of it."""

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Deployed, Footprint, Packaging

AZURE = Cloud("azure")

_HOST = {
    "version": "2.0",
    "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"},
    "extensions": {
        "http": {"routePrefix": ""},  # a function's path is its name, as on every cloud
        "queues": {"maxDequeueCount": 5, "batchSize": 16, "newBatchThreshold": 8, "visibilityTimeout": "00:00:30"},
        "eventHubs": {"maxEventBatchSize": 1000, "prefetchCount": 3000},
    },
    "logging": {"logLevel": {"default": "Warning", "Function": "Information"}},
}
"""Keys: learn.microsoft.com azure-functions, functions-host-json; host.json of the queue and event hub bindings."""

PACK = CloudPack(
    name=AZURE,
    label="Azure",
    style="dodger_blue1",
    colour="#0f6cbd",
    events="twin2multicloud.emulator.events.azure:EVENT_SOURCE",
    tariff="twin2multicloud.costs.azure_tariff:AzureTariff",
    prices="twin2multicloud.costs.snapshots:shipped_prices",
    fetcher="twin2multicloud.costs.azure_fetch:fetch_azure",
    renderer="twin2multicloud.terraform.render.on_azure.cloud:RENDERER",
    # learn.microsoft.com azure-resource-manager/troubleshooting/error-reserved-resource-name
    reserved="^(login|xbox)|microsoft|windows",
    services=CloudServices(
        twin_reads=False,
        twin_sign_in=SignIn.OAUTH2,
        remote_twin_sign_in=SignIn.OAUTH2,
        # learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub: static, predefined topics
        no_topics="IoT Hub has static topics and message routing begins behind them; let the devices publish to "
        "devices/<id>/messages/events/, or place L1 on another cloud",
        restore_hours=15,  # Blob archive, Standard (learn.microsoft.com storage/blobs/archive-rehydrate-overview)
    ),
    footprint=Footprint(
        watts_per_vcpu=2.27,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.185,
        kg_per_kwh=0.27,  # the Netherlands, mean of 2023, rounded, recalled
        round_trip_ms={"gcp": 8.0},
    ),
    twin_face="twin2multicloud.emulator.l4.digital_twins:DigitalTwins",
    twin_environment="twin2multicloud.emulator.l4.digital_twins:environment",
    twin_alone="twin2multicloud.emulator.l4.digital_twins:alone",
    twin_over_tls=True,
    # The runtime has azure.functions (learn.microsoft.com, functions-reference-python).
    packaging=Packaging(
        entry_file="function_app.py",
        entry_name="app",  # the host finds it
        brought_by={
            "azure.functions": "",
            "azure.core": "azure-core",
            "azure.cosmos": "azure-cosmos",
            "azure.data.tables": "azure-data-tables",
            "azure.eventgrid": "azure-eventgrid",
            "azure.eventhub": "azure-eventhub",
            "azure.identity": "azure-identity",
            "azure.keyvault.secrets": "azure-keyvault-secrets",
            "azure.servicebus": "azure-servicebus",
            "azure.storage.blob": "azure-storage-blob",
            "azure.storage.queue": "azure-storage-queue",
        },
        namespaces=frozenset({"azure", "azure.data", "azure.keyvault", "azure.storage"}),
        wheels_root=".python_packages/lib/site-packages/",  # an app is built only in a remote build
        files={"host.json": _HOST},
    ),
    deployed=Deployed(
        sign="azure_device_endpoint",
        registry="twin2multicloud.clouds.azure.device_registry:open_registry",
        connection="twin2multicloud.clouds.azure.device_connection:connection",
        device_key="twin2multicloud.clouds.azure.device_connection:device_key",
        invocation="twin2multicloud.clouds.azure.invocation:open_invocation",
        account="twin2multicloud.clouds.azure.cloud_account:open_account",
        dead_letters="twin2multicloud.clouds.azure.dead_letter_queues:open_dead_letters",
        logs="twin2multicloud.clouds.azure.function_logs:open_logs",
        code="twin2multicloud.clouds.azure.code_publisher:open_publisher",
        gone_with="azurerm_iothub.device_gateway",
        publisher="twin2multicloud.clouds.azure.code_publisher:open_publisher",
        # learn.microsoft.com cli/azure/functionapp/deployment/source: the archive has its wheels, nothing is built
        publish_by_hand='az functionapp deployment source config-zip --ids "$id" --src "$archive" --build-remote false',
        # learn.microsoft.com cli/azure/iot/hub/device-identity (extension azure-iot)
        register_by_hand="""An identity in the hub, with a key of its own:

```sh
az iot hub device-identity create --login-auth-type login --device-id "$DEVICE" \\
  --hub-name "$(terraform output -raw azure_device_endpoint | cut -d . -f 1)"
```
""",
        twins="twin2multicloud.clouds.azure.twin_publisher:open_publisher",
        graph="twin2multicloud.clouds.azure.twin_publisher:open_graph",
    ),
)

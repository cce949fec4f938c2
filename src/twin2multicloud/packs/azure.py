"""Azure as one record. Owns its figures and names; imports what is heavy when it is asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Deployed, Footprint, Packaging

if TYPE_CHECKING:
    from twin2multicloud.costs.fetching import Fetcher
    from twin2multicloud.costs.prices import CloudPrices
    from twin2multicloud.costs.tariff import Tariff
    from twin2multicloud.emulator.events.event_source import EventSource
    from twin2multicloud.ports.device_connection import Connection
    from twin2multicloud.ports.device_registry import DeviceRegistry
    from twin2multicloud.ports.invocation import Invocation
    from twin2multicloud.terraform.render.references import Renderer

AZURE = Cloud("azure")


def _events() -> "EventSource":
    from twin2multicloud.emulator.events.azure import AzureEventSource

    return AzureEventSource()


def _tariff() -> "Tariff":
    from twin2multicloud.costs.azure_tariff import AzureTariff

    return AzureTariff()


def _prices() -> "tuple[CloudPrices, ...]":
    from twin2multicloud.costs.snapshots import shipped_prices

    return shipped_prices(AZURE)


def _fetcher() -> "Fetcher":
    from twin2multicloud.costs.azure_fetch import fetch_azure

    return fetch_azure


def _renderer() -> "Renderer":
    from twin2multicloud.terraform.render.on_azure import cloud

    return cloud.RENDERER


def _registry(outputs: Mapping[str, str]) -> "DeviceRegistry":
    from twin2multicloud.clouds.azure.device_registry import open_registry

    return open_registry(outputs)


def _connection(outputs: Mapping[str, str], device_id: str) -> "Connection":
    from twin2multicloud.clouds.azure.device_connection import connection

    return connection(outputs, device_id)


def _invocation(outputs: Mapping[str, Any]) -> "Invocation":
    from twin2multicloud.clouds.azure.invocation import open_invocation

    return open_invocation(outputs)


_HOST = {
    "version": "2.0",
    "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"},
    "extensions": {
        "http": {"routePrefix": ""},  # a function's path is its name, as on every cloud
        "queues": {"maxDequeueCount": 5, "batchSize": 16, "newBatchThreshold": 8, "visibilityTimeout": "00:00:30"},
        "eventHubs": {"maxEventBatchSize": 100, "prefetchCount": 300},
    },
    "logging": {"logLevel": {"default": "Warning", "Function": "Information"}},
}
"""Keys: learn.microsoft.com azure-functions, functions-host-json; host.json of the queue and event hub bindings."""

PACK = CloudPack(
    name=AZURE,
    label="Azure",
    style="dodger_blue1",
    colour="#0f6cbd",
    events=_events,
    tariff=_tariff,
    prices=_prices,
    fetcher=_fetcher,
    renderer=_renderer,
    footprint=Footprint(
        watts_per_vcpu=2.27,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.185,
        kg_per_kwh=0.27,  # the Netherlands, mean of 2023, rounded, recalled
        round_trip_ms={"gcp": 8.0},
    ),
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
        wheels_root=".python_packages/lib/site-packages/",  # an app builds only where somebody asks for a remote build
        files={"host.json": _HOST},
    ),
    deployed=Deployed(
        sign="azure_device_endpoint",
        registry=_registry,
        connection=_connection,
        invocation=_invocation,
        gone_with="azurerm_iothub.device_gateway",
    ),
)

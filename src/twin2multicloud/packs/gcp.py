"""Google Cloud as one record. Owns its figures and names; imports what is heavy when it is asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin2multicloud.domain.components import Kind
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

GCP = Cloud("gcp")


def _events() -> "EventSource":
    from twin2multicloud.emulator.events.gcp import GcpEventSource

    return GcpEventSource()


def _tariff() -> "Tariff":
    from twin2multicloud.costs.gcp_tariff import GcpTariff

    return GcpTariff()


def _prices() -> "tuple[CloudPrices, ...]":
    from twin2multicloud.costs.snapshots import shipped_prices

    return shipped_prices(GCP)


def _fetcher() -> "Fetcher":
    from twin2multicloud.costs.gcp_fetch import fetch_gcp

    return fetch_gcp


def _renderer() -> "Renderer":
    from twin2multicloud.terraform.render.on_gcp import cloud

    return cloud.RENDERER


def _registry(outputs: Mapping[str, str]) -> "DeviceRegistry":
    from twin2multicloud.clouds.gcp.device_registry import open_registry

    return open_registry(outputs)


def _connection(outputs: Mapping[str, str], device_id: str) -> "Connection":
    from twin2multicloud.clouds.gcp.device_connection import connection

    return connection(outputs, device_id)


def _invocation(outputs: Mapping[str, Any]) -> "Invocation":
    from twin2multicloud.clouds.gcp.invocation import open_invocation

    return open_invocation(outputs)


PACK = CloudPack(
    name=GCP,
    label="Google Cloud",
    style="green3",
    colour="#1e8e3e",
    events=_events,
    tariff=_tariff,
    prices=_prices,
    fetcher=_fetcher,
    renderer=_renderer,
    own_services={Kind.DEVICE_GATEWAY: "/topics"},  # IoT Core ended in August 2023
    footprint=Footprint(
        watts_per_vcpu=2.49,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.1,
        kg_per_kwh=0.14,  # Belgium, mean of 2023, rounded, recalled
    ),
    # Cloud Run has what requirements.txt lists and nothing else (cloud.google.com, run runtimes python-dependencies).
    packaging=Packaging(
        entry_file="main.py",
        entry_name="main",  # what functions-framework is told
        brought_by={
            "flask": "",
            "functions_framework": "functions-framework",
            "google.api_core": "google-api-core",
            "google.auth": "google-auth",
            "google.cloud.firestore": "google-cloud-firestore",
            "google.cloud.firestore_v1": "google-cloud-firestore",
            "google.cloud.pubsub": "google-cloud-pubsub",
            "google.cloud.pubsub_v1": "google-cloud-pubsub",
            "google.cloud.secretmanager": "google-cloud-secret-manager",
            "google.cloud.secretmanager_v1": "google-cloud-secret-manager",
            "google.cloud.storage": "google-cloud-storage",
            "google.pubsub_v1": "google-cloud-pubsub",
            "grpc": "grpcio",
        },
        namespaces=frozenset({"google", "google.cloud"}),
        vendored=False,  # Cloud Run's build reads requirements.txt
    ),
    deployed=Deployed(
        sign="gcp_device_registry",
        registry=_registry,
        connection=_connection,
        invocation=_invocation,
        gone_with="google_firestore_database.device_registry",
    ),
)

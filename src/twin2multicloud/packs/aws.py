"""AWS as one record. Owns its figures and names; imports what is heavy when it is asked for."""

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

AWS = Cloud("aws")


def _events() -> "EventSource":
    from twin2multicloud.emulator.events.aws import AwsEventSource

    return AwsEventSource()


def _tariff() -> "Tariff":
    from twin2multicloud.costs.aws_tariff import AwsTariff

    return AwsTariff()


def _prices() -> "tuple[CloudPrices, ...]":
    from twin2multicloud.costs.snapshots import shipped_prices

    return shipped_prices(AWS)


def _fetcher() -> "Fetcher":
    from twin2multicloud.costs.aws_fetch import fetch_aws

    return fetch_aws


def _renderer() -> "Renderer":
    from twin2multicloud.terraform.render.on_aws import cloud

    return cloud.RENDERER


def _registry(outputs: Mapping[str, str]) -> "DeviceRegistry":
    from twin2multicloud.clouds.aws.device_registry import open_registry

    return open_registry(outputs)


def _connection(outputs: Mapping[str, str], device_id: str) -> "Connection":
    from twin2multicloud.clouds.aws.device_connection import connection

    return connection(outputs, device_id)


def _invocation(outputs: Mapping[str, Any]) -> "Invocation":
    from twin2multicloud.clouds.aws.invocation import open_invocation

    return open_invocation(outputs)


PACK = CloudPack(
    name=AWS,
    label="AWS",
    style="dark_orange",
    colour="#d9730d",
    events=_events,
    tariff=_tariff,
    prices=_prices,
    fetcher=_fetcher,
    renderer=_renderer,
    has_3d=True,  # TwinMaker's scenes
    footprint=Footprint(
        watts_per_vcpu=2.12,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.135,
        kg_per_kwh=0.34,  # Germany, mean of 2023, rounded, recalled
        round_trip_ms={"azure": 10.0, "gcp": 10.0},
    ),
    # The runtime has boto3 (docs.aws.amazon.com, lambda python-package).
    packaging=Packaging(
        entry_file="main.py",
        entry_name="handler",  # Lambda is told ``main.handler``
        brought_by={"boto3": "", "botocore": "", "awslambdaric": ""},
        lists_requirements=False,  # Lambda builds nothing
    ),
    deployed=Deployed(
        sign="aws_device_policy",
        registry=_registry,
        connection=_connection,
        invocation=_invocation,
        in_the_way="aws_iot_policy.devices",
    ),
)

"""A fourth cloud, from outside the package: events of a cloud of ours under another name, and one price for all."""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.costs.prices import CloudPrices, Price
from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Footprint

TOY = Cloud("toy")


class FlatTariff:
    """Every activity takes one unit. It is its own object stores."""

    token = egress = "unit"

    @property
    def cold(self) -> "FlatTariff":
        return self

    archive = cold

    def plans(self, t: Any, book: Any, /) -> Mapping[str, Any]:
        return {}

    def dispatched(self, t: Any, /) -> float:
        return float(t.batches)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_: (("unit", 1.0),)


def prices(_: Cloud) -> tuple[CloudPrices, ...]:
    """One book, of one price."""
    unit = Price(price=0.01, unit="activity", source="made up")
    return (
        CloudPrices(cloud=TOY, region="toybox", country="DE", date="2026-01-01", currency="USD", prices={"unit": unit}),
    )


PACK = CloudPack(
    name=TOY,
    label="Toy Cloud",
    style="magenta",
    colour="#a0a",
    services=CloudServices(twin_reads=True, twin_sign_in=SignIn.TOKEN, remote_twin_sign_in=SignIn.TOKEN),
    events="twin2multicloud.emulator.events.aws:EVENT_SOURCE",
    tariff="toy_cloud:FlatTariff",
    prices="toy_cloud:prices",
    footprint=Footprint(watts_per_vcpu=1.0, pue=1.0, kg_per_kwh=0.1),
)

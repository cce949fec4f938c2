"""A fourth cloud, from outside the package: events of a cloud of ours under another name, and one price for all."""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.costs.prices import CloudPrices, Price
from twin2multicloud.costs.storage import ObjectStore
from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Footprint

TOY = Cloud("toy")
_SHELF_METERS = ("gb_month", "read", "write", "list", "retrieved_gb")


class FlatTariff:
    """Every activity takes one unit; its object stores are shelves."""

    token = egress = "unit"
    cold = archive = ObjectStore(label="Shelf", meter="shelf", minimum_days=0, look_meter="shelf.read", source_looks=1)

    def plans(self, t: Any, book: Any, /) -> Mapping[str, Any]:
        return {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_: (("unit", 1.0),)


def prices(_: Cloud) -> tuple[CloudPrices, ...]:
    """One book, of one price."""
    unit = Price(price=0.01, unit="activity", source="made up")
    listed = dict.fromkeys(("unit", *(f"shelf.{each}" for each in _SHELF_METERS)), unit)
    return (CloudPrices(cloud=TOY, region="toybox", country="DE", date="2026-01-01", currency="USD", prices=listed),)


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

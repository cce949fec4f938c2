"""What a person reads about an archive whose objects have to be restored first. Owns the words, and no price."""

from rich.markup import escape

from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.restoring import restore_cost
from twin2multicloud.costs.usage import tariff_of
from twin2multicloud.domain.placement import Placement
from twin2multicloud.planning.clouds import label_of

_OBJECTS = 1_000


def archive_text(placement: Placement, prices: PriceBook) -> str:
    """One line: the archive's class, how long a read takes, and what a GB and a thousand objects cost."""
    cloud = placement.l3_archive
    by_size, by_count = restore_cost(cloud, 0, 1.0, prices), restore_cost(cloud, _OBJECTS, 0.0, prices)
    price = f"{by_size.retrieval:,.3f} USD per GB and {by_count.requests:,.3f} USD per {_OBJECTS:,} objects"
    name = f"the archive is {tariff_of(cloud).archive.label} on {label_of(cloud)}"
    if by_size.hours is None:
        return escape(f"{name}: read at once, for {price}")
    kept = f"{by_size.note}: {by_size.copies:,.3f} USD per GB"
    return (
        f"[yellow]restore first[/]: {escape(name)}: readable up to {by_size.hours:g} h after a restore, for {price}; "
        f"{escape(kept)}"
    )

"""The object stores on the optimizer's page: what each holds, and each reason it is billed for. Owns the cards."""

from nicegui import ui

from twin2multicloud.costs.breakdown import TierCost, TierPart
from twin2multicloud.costs.optimizer import Result
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.restoring import restore_cost
from twin2multicloud.domain.placement import Slot
from twin2multicloud.manage.formatting import count_text


def draw_tiers(place: ui.element, result: Result, book: PriceBook) -> None:
    """Fill the place with a card for each object store of a result."""
    place.clear()
    with place:
        for tier in result.breakdown.tiers:
            with ui.element("div").classes(f"tier-card {tier.cloud}"):
                _card(tier, book)


def _card(tier: TierCost, book: PriceBook) -> None:
    with ui.element("div").classes("tier-head"):
        ui.label(tier.slot.value).classes("slot-name")
        ui.label(tier.storage_class).classes("slot-cloud")
    ui.label(held_text(tier)).classes("quiet")
    if tier.slot is Slot.L3_ARCHIVE and (restored := restore_text(tier, book)):
        ui.label(restored).classes("tier-restore")
    with ui.element("div").classes("tier-parts"):
        for part in tier.parts:
            ui.label(part.reason.capitalize())
            ui.label(quantity_text(part)).classes("quiet")
            ui.label(f"{part.cost:,.2f}").classes("tier-cost")
        ui.label("Together").classes("tier-sum")
        ui.label("").classes("tier-sum")
        ui.label(f"{tier.cost:,.2f}").classes("tier-cost tier-sum")


def held_text(tier: TierCost) -> str:
    """What a store holds: ``122k new objects of 3.9 KB a month; holds 1.0M objects, 451.1 GB``."""
    new, held = count_text(round(tier.new_objects)), count_text(round(tier.objects))
    return f"{new} new objects of {tier.object_kb:,.1f} KB a month; holds {held} objects, {tier.gb:,.1f} GB"


def quantity_text(part: TierPart) -> str:
    """How much of it is billed: objects and requests counted, sizes with two decimals."""
    if part.reason.startswith("requests"):
        return f"{count_text(round(part.quantity))} {part.short_unit}"
    return f"{part.quantity:,.2f} {part.short_unit}"


def restore_text(tier: TierCost, book: PriceBook) -> str:
    """How long and for how much archived objects are restored; nothing where they are read at once."""
    one = restore_cost(tier.cloud, 1_000, 1.0, book)
    if one.hours is None:
        return ""
    return (
        f"Restore first: up to {one.hours:g} h, {one.retrieval:,.3f} USD per GB and "
        f"{one.requests:,.3f} USD per 1,000 objects"
    )

"""What a deployment's plan adds to the monthly bill, from the price book. Changes nothing; asks no cloud.

Only what is deployed counts: dashboards, and a twin service that is planned and not rendered, do not.
"""

import msgspec

from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.operations.choosing import WORKLOAD_FILE, project_workload
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.rollout import Rollout

_AT_REST = 1.0
"""Readings of a month at rest: with none there would be no mean of anything."""


class PlanCost(msgspec.Struct, frozen=True, kw_only=True):
    """USD a month. `before` is what is deployed now, 0 where nothing is, and None where no record says what was placed;
    `at_rest` is `after` while no device sends; `workload` says what was counted with."""

    before: float | None
    after: float
    at_rest: float
    workload: str

    @property
    def difference(self) -> float | None:
        """What the plan adds; negative where it saves."""
        return None if self.before is None else self.after - self.before


def cost_of(rollout: Rollout, *, destroy: bool) -> PlanCost:
    """The cost of what a plan makes. Raises ConfigurationError for an invalid ``workload.json`` or a missing price."""
    project, book = rollout.project, PriceBook.shipped()
    w = project_workload(project.twin, project.folder)
    here, before, said = project.twin.placement, _before(rollout, w, book), _said(rollout, w)
    if destroy:
        return PlanCost(before=before, after=0.0, at_rest=0.0, workload=said)
    after, at_rest = (_deployed(rollout, here, w, book, at_rest=rests) for rests in (False, True))
    return PlanCost(before=before, after=after, at_rest=at_rest, workload=said)


def _before(rollout: Rollout, w: Workload, book: PriceBook) -> float | None:
    if rollout.is_new:
        return 0.0
    placement = rollout.placed
    return None if placement is None else _deployed(rollout, placement, w, book)


def _deployed(rollout: Rollout, placement: Placement, w: Workload, book: PriceBook, *, at_rest: bool = False) -> float:
    """What the slots and boundaries that are rendered cost in a placement."""
    quiet = msgspec.structs.replace(w, refreshes_per_hour=0, editors=0, viewers=0)
    t = Traffic.of(quiet, _AT_REST if at_rest else None)
    left_out = {Slot.L5.value} if _has_twin_service(rollout) else {Slot.L4.value, Slot.L5.value}
    by_place = breakdown(placement, t, book).by_place
    return sum(cost for place, cost in by_place.items() if not any(slot in place for slot in left_out))


def _has_twin_service(rollout: Rollout) -> bool:
    sites = scope.sites(rollout.topology)
    names = {each.name for site in sites for each in site.functions}
    return Kind.TWIN_SERVICE in names or any(site.twin_service is not None for site in sites)


def _said(rollout: Rollout, w: Workload) -> str:
    known = (rollout.project.folder / WORKLOAD_FILE).exists()
    every = f"{w.devices:,} devices, a reading each {w.interval_min:g} min of {w.message_kb:g} KB"
    return every if known else f"{every} (assumed; {WORKLOAD_FILE} says it)"

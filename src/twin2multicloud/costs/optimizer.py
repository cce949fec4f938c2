"""The cheapest placement of a workload, exactly, and why. Owns the answer; the formulas are in the tariffs.

    optimize(workload, prices, constraints) -> Result

Pure: the same arguments give the same result, and nothing else is read.
"""

from collections.abc import Sequence

import msgspec

from twin2multicloud.costs.breakdown import Breakdown, breakdown
from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.cost_table import Clouds, CostTable, cost_table
from twin2multicloud.costs.objectives import scores
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.planning.clouds import pack

_SAME = 1e-12
"""Totals that differ by a smaller share are equal: sums in another order differ in the last bit."""
BATCH_SIZES = (1, 5, 10, 25, 100)
"""Messages per request whose effect on the cost is shown."""


class RunnerUp(msgspec.Struct, frozen=True, kw_only=True):
    """The cheapest placement that has one slot elsewhere, and how much dearer it is."""

    slot: Slot
    cloud: Cloud
    placement: Placement
    total: float
    difference: float


class Batching(msgspec.Struct, frozen=True, kw_only=True):
    """What the month costs with so many messages per request: where the winner is, and where it would be best."""

    messages_per_request: int
    total: float
    best_total: float
    best: Placement


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A placement with its three objectives."""

    placement: Placement
    total: float
    latency_ms: float
    carbon_kg: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. Totals are USD per month.

    `single_cloud` holds None where a cloud alone cannot do it (3D). `savings` is against the cheapest cloud alone.
    `proof` says how the minimum is known to be one.
    """

    workload: Workload
    constraints: Constraints
    prices: str
    price_digest: str
    placement: Placement
    total: float
    breakdown: Breakdown
    runner_ups: tuple[RunnerUp, ...]
    single_cloud: dict[Cloud, float | None]
    savings: float | None
    equal_cost_alternatives: int
    evaluated: int
    admitted: int
    proof: str
    batching: tuple[Batching, ...]


def optimize(workload: Workload, prices: PriceBook, constraints: Constraints | None = None) -> Result:
    """The cheapest admitted placement. Ties go to the first in the order of slots and clouds (AWS, Azure, Google).

    Raises ConfigurationError where a price is missing or no placement is admitted.

    >>> month = Workload(devices=10, interval_min=1, message_kb=0.5, hot_months=1, cool_months=3, archive_months=12)
    >>> result = optimize(month, PriceBook.shipped())
    >>> result.total < result.single_cloud["aws"]
    True
    """
    constraints = constraints or Constraints()
    t = Traffic.of(workload)
    table, admitted = priced(t, prices, constraints)
    best, equal = cheapest_of(table, admitted)
    winner = placement_of(table.placements[best])
    single = {cloud: _single(table, cloud, workload) for cloud in prices.clouds}
    alone = [cost for cost in single.values() if cost is not None]
    return Result(
        workload=workload,
        constraints=constraints,
        prices=prices.label(),
        price_digest=prices.digest(),
        placement=winner,
        total=table.costs[best],
        breakdown=breakdown(winner, t, prices),
        runner_ups=_runner_ups(table, admitted, best),
        single_cloud=single,
        savings=min(alone) - table.costs[best] if alone else None,
        equal_cost_alternatives=equal,
        evaluated=len(table.costs),
        admitted=len(admitted),
        proof=_proof(table, admitted),
        batching=tuple(_batching(size, winner, workload, prices, constraints) for size in BATCH_SIZES),
    )


def priced(t: Traffic, prices: PriceBook, constraints: Constraints) -> tuple[CostTable, list[int]]:
    """All placements with their costs, and the numbers of those that the constraints admit."""
    table = cost_table(t, prices, tuple(sorted(prices.clouds)))
    allowed = constraints.allowed(prices, needs_3d=t.workload.needs_3d)
    admitted = constraints.admits(table.placements, allowed)
    if not admitted:
        raise ConfigurationError(
            f"constraints: no placement remains: the fixed slots and residency need more than "
            f"{constraints.max_clouds} clouds"
        )
    return table, admitted


def cheapest_of(table: CostTable, admitted: Sequence[int]) -> tuple[int, int]:
    """The first of the cheapest admitted placements, and how many others cost the same."""
    costs = table.costs
    least = min(costs[n] for n in admitted)
    limit = least * (1 + _SAME)
    equal = [n for n in admitted if costs[n] <= limit]
    return equal[0], len(equal) - 1


def placement_of(clouds: Clouds) -> Placement:
    """A placement from its clouds in slot order."""
    return Placement.of(dict(zip(Slot, clouds, strict=True)))


def _single(table: CostTable, cloud: Cloud, workload: Workload) -> float | None:
    if workload.needs_3d and not pack(cloud).has_3d:
        return None
    return table.costs[table.placements.index((cloud,) * len(Slot))]


def _proof(table: CostTable, admitted: Sequence[int]) -> str:
    every = f"all {len(table.costs):,} placements were priced, each with its cheapest service variants"
    return every if len(admitted) == len(table.costs) else f"{every}; {len(admitted):,} of them meet your conditions"


def _runner_ups(table: CostTable, admitted: Sequence[int], best: int) -> tuple[RunnerUp, ...]:
    """Per slot the cheapest admitted placement with that slot elsewhere; slots that cannot move have none."""
    found = []
    winner, costs = table.placements[best], table.costs
    for i, slot in enumerate(Slot):
        others = [n for n in admitted if table.placements[n][i] is not winner[i]]
        if others:
            second = min(others, key=costs.__getitem__)
            clouds = table.placements[second]
            found.append(
                RunnerUp(
                    slot=slot,
                    cloud=clouds[i],
                    placement=placement_of(clouds),
                    total=costs[second],
                    difference=costs[second] - costs[best],
                )
            )
    return tuple(found)


def _batching(size: int, winner: Placement, w: Workload, prices: PriceBook, constraints: Constraints) -> Batching:
    t = Traffic.of(msgspec.structs.replace(w, messages_per_request=size, batch_window=0))
    table, admitted = priced(t, prices, constraints)
    best, _ = cheapest_of(table, admitted)
    here = table.placements.index(tuple(winner[slot] for slot in Slot))
    return Batching(
        messages_per_request=size,
        total=table.costs[here],
        best_total=table.costs[best],
        best=placement_of(table.placements[best]),
    )


def pareto_front(
    workload: Workload, prices: PriceBook, constraints: Constraints | None = None
) -> tuple[Candidate, ...]:
    """The admitted placements that no other beats in cost, latency and carbon at once, cheapest first."""
    t = Traffic.of(workload)
    table, admitted = priced(t, prices, constraints or Constraints())
    placements = [table.placements[n] for n in admitted]
    rated = scores(placements, t)
    points = sorted(
        zip((table.costs[n] for n in admitted), rated.latency_ms, rated.carbon_kg, range(len(admitted)), strict=True)
    )
    front: list[tuple[float, float, float, int]] = []
    for point in points:  # cheapest first: only what is quicker or cleaner than all before it can stay
        if not any(_beats(other, point) for other in front):
            front.append(point)
    return tuple(
        Candidate(placement=placement_of(placements[n]), total=cost, latency_ms=latency, carbon_kg=carbon)
        for cost, latency, carbon, n in front
    )


def _beats(a: tuple[float, float, float, int], b: tuple[float, float, float, int]) -> bool:
    """Whether `a` is at least as good in all three (to rounding)."""
    return all(x <= y * (1 + _SAME) for x, y in zip(a[:3], b[:3], strict=True))

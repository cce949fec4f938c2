"""Sensitivity of the choice: which single price or workload figure would change it, and by how much.

Each figure is scaled alone, everything else as it is. A flip is found by bracketing the nearest change of the winner
between 1/10 and 10 times the figure, then by bisection to 0.1 %.
"""

from collections.abc import Callable, Iterator

import msgspec

from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.cost_table import CostTable, cost_table
from twin2multicloud.costs.optimizer import cheapest_of, placement_of, priced
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement

FACTORS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""How far a figure is tried, upwards and (as 1/x) downwards, nearest first."""
_PRECISION = 0.001
_NUDGE = 1e-6
"""Beyond the crossing itself, where both placements cost the same."""

WORKLOAD_FIGURES = (
    "devices",
    "interval_min",
    "message_kb",
    "hot_months",
    "cool_months",
    "archive_months",
    "editors",
    "viewers",
    "refreshes_per_hour",
    "active_hours_per_day",
    "messages_per_request",
    "function_ms",
    "function_mb",
    "points_per_series",
)


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest change of one figure that makes another placement the cheapest. `factor` is new over old."""

    figure: str
    factor: float
    value: float
    placement: Placement


def price_flips(workload: Workload, prices: PriceBook, constraints: Constraints | None = None) -> tuple[Flip, ...]:
    """Every single price whose change flips the choice, the nearest first.

    Costs are (nearly) linear in one price, so two tables per price tell which other placement overtakes the winner
    first; that guess is then held against the exact table.
    """
    constraints = constraints or Constraints()
    t = Traffic.of(workload)
    base, admitted = priced(t, prices, constraints)
    best, _ = cheapest_of(base, admitted)
    clouds = tuple(sorted(prices.clouds))

    def winner(book: PriceBook) -> int:
        return cheapest_of(cost_table(t, book, clouds), admitted)[0]

    found = []
    for cloud in clouds:
        for meter, price in prices[cloud].prices.items():
            doubled = cost_table(t, prices.scaled(2, cloud, meter), clouds)

            def scaled(factor: float, cloud: Cloud = cloud, meter: str = meter) -> int:
                return winner(prices.scaled(factor, cloud, meter))

            for guess in _guesses(base, admitted, best, doubled):
                factor, after = _confirmed(guess, scaled, best)
                if after != best:
                    found.append(_flip(f"{cloud} {meter}", factor, price.price, base, after))
    return _nearest(found)


def _confirmed(guess: float, winner: Callable[[float], int], best: int) -> tuple[float, int]:
    """The factor nearest to 1, up to the guess, at which the winner changes: service variants bend the lines."""
    after = winner(guess)
    if after == best or winner(1 + (guess - 1) * (1 - _PRECISION)) == best:
        return guess, after
    inside, outside = 1.0, guess
    while abs(outside - inside) > _PRECISION * abs(outside - 1):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if winner(middle) == best else (inside, middle)
    return outside, winner(outside)


def _guesses(base: CostTable, admitted: list[int], best: int, doubled: CostTable) -> Iterator[float]:
    """The nearest factors, below and above 1, at which some placement's line crosses the winner's."""
    slope = doubled.costs[best] - base.costs[best]
    up, down = FACTORS[-1], 1 / FACTORS[-1]
    nearest_up, nearest_down = None, None
    for n in admitted:
        relative = doubled.costs[n] - base.costs[n] - slope
        gap = base.costs[n] - base.costs[best]
        if relative == 0 or gap <= 0:
            continue
        factor = 1 - gap / relative
        if 1 < factor <= up:
            nearest_up = up = factor
        elif down <= factor < 1:
            nearest_down = down = factor
    for guess, nudge in ((nearest_up, 1 + _NUDGE), (nearest_down, 1 - _NUDGE)):
        if guess is not None:
            yield guess * nudge


def workload_flips(workload: Workload, prices: PriceBook, constraints: Constraints | None = None) -> tuple[Flip, ...]:
    """Every single figure of the workload whose change flips the choice, the nearest first."""
    constraints = constraints or Constraints()
    base, admitted = priced(Traffic.of(workload), prices, constraints)
    best, _ = cheapest_of(base, admitted)
    clouds = tuple(sorted(prices.clouds))

    def winner(changed: Workload) -> int:
        return cheapest_of(cost_table(Traffic.of(changed), prices, clouds), admitted)[0]

    found = []
    for name in WORKLOAD_FIGURES:
        old = getattr(workload, name)
        for factors in (FACTORS, tuple(1 / each for each in FACTORS)):
            flip = _search(workload, name, factors, winner, best) if old else None
            if flip is not None:
                value, after = flip
                found.append(_flip(name, value / old, old, base, after))
    return _nearest(found)


def _search(
    workload: Workload, name: str, factors: tuple[float, ...], winner: Callable[[Workload], int], best: int
) -> tuple[float, int] | None:
    """The value nearest to the present one (in the direction of `factors`) that has another winner."""
    inside = 1.0
    for factor in factors:
        changed = _changed(workload, name, factor)
        if changed is None:
            return None
        if winner(changed) != best:
            return _bisect(workload, name, (inside, factor), winner, best)
        inside = factor
    return None


def _bisect(
    workload: Workload, name: str, bracket: tuple[float, float], winner: Callable[[Workload], int], best: int
) -> tuple[float, int]:
    inside, outside = bracket
    while abs(outside / inside - 1) > _PRECISION:
        middle = (inside * outside) ** 0.5
        changed = _changed(workload, name, middle)
        if changed is None or winner(changed) == best:
            inside = middle
        else:
            outside = middle
    last = _changed(workload, name, outside)
    if last is None:
        raise AssertionError("the outer end of the bracket must be a valid workload")
    return float(getattr(last, name)), winner(last)


def _changed(workload: Workload, name: str, factor: float) -> Workload | None:
    """The workload with one figure scaled (counts to whole ones), or None where that is no workload any more."""
    old = getattr(workload, name)
    value = max(1, round(old * factor)) if isinstance(old, int) else old * factor
    try:
        return msgspec.structs.replace(workload, **{name: value})
    except ConfigurationError:
        return None


def _flip(figure: str, factor: float, old: float, base: CostTable, after: int) -> Flip:
    return Flip(figure=figure, factor=factor, value=old * factor, placement=placement_of(base.placements[after]))


def _nearest(flips: list[Flip]) -> tuple[Flip, ...]:
    return tuple(sorted(flips, key=lambda each: (max(each.factor, 1 / each.factor), each.figure)))

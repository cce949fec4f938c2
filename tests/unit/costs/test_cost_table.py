"""The table of all placements against the planned topology, and against brute force that knows no short cut."""

import itertools
import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL
from tests.unit.costs.random_workloads import random_workload, workloads
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.cost_table import Clouds, cost_table, meter_pricers
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import TOKEN, held_uses, row_uses, slot_kinds, tariff_of, topology_uses, twin_of
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.planning.connector_rules import TABLE
from twin2multicloud.planning.planner import plan

placements = st.builds(
    lambda clouds: Placement.of(dict(zip(Slot, clouds, strict=True))), st.tuples(*[st.sampled_from(ALL)] * 7)
)


@given(workloads(), placements)
def test_rows_of_the_table_are_what_the_planner_plans(w: Workload, placement: Placement) -> None:
    """What is deployed and what is priced cannot drift apart: uses by row are the uses of the planned topology."""
    t = Traffic.of(w)
    twin = twin_of(w, placement)
    by_row = [use for row in TABLE if row.applies(twin) for use in row_uses(row, placement, t)]
    held = [use for slot in Slot for kind in slot_kinds(slot) for use in held_uses(kind, placement[slot], t)]
    assert sorted(by_row + held) == sorted(topology_uses(plan(twin), t))


@given(workloads(), placements)
def test_the_table_is_the_sum_of_the_breakdown(book: PriceBook, w: Workload, placement: Placement) -> None:
    t = Traffic.of(w)
    table = cost_table(t, book, ALL)
    found = breakdown(placement, t, book)
    cost = table.costs[table.placements.index(tuple(placement[slot] for slot in Slot))]
    assert found.total == pytest.approx(cost, rel=1e-9)
    assert sum(found.by_place.values()) == pytest.approx(cost, rel=1e-9)
    assert sum(line.cost for line in found.lines) == pytest.approx(cost, rel=1e-9)


def brute_force(t: Traffic, book: PriceBook, clouds: Clouds) -> dict[Clouds, float]:
    """Every placement priced by adding up every use of every row: no states, no parts, nothing shared but the uses."""
    uses: dict[tuple[int, Cloud, Cloud], list[tuple[Cloud, str, float]]] = {}
    for n, row in enumerate(TABLE):
        for here, there in itertools.product(clouds, clouds):
            placement = Placement.of({slot: there if slot is row.target else here for slot in Slot})
            applies = row.applies(twin_of(t.workload, placement))
            uses[n, here, there] = [use[:3] for use in row_uses(row, placement, t)] if applies else []
    held = {(s, c): [u[:3] for k in slot_kinds(s) for u in held_uses(k, c, t)] for s in Slot for c in clouds}
    meters = {(c, m) for found in (*uses.values(), *held.values()) for c, m, _ in found}
    pricers = {c: meter_pricers(c, {m for d, m in meters if d is c}, t, book) for c in clouds}
    secret = {c: book.price(c, tariff_of(c).token).pricer(free_tiers=t.workload.free_tiers)(1) for c in clouds}
    at = {slot: n for n, slot in enumerate(Slot)}
    totals = {}
    for placement in itertools.product(clouds, repeat=7):
        amounts: dict[tuple[Cloud, str], float] = defaultdict(float)
        for slot, cloud in zip(Slot, placement, strict=True):
            for c, meter, quantity in held[slot, cloud]:
                amounts[c, meter] += quantity
        for n, row in enumerate(TABLE):
            for c, meter, quantity in uses[n, placement[at[row.source]], placement[at[row.target]]]:
                amounts[c, meter] += quantity
        totals[placement] = sum(
            secret[c] if meter == TOKEN else pricers[c][meter][0](quantity)
            for (c, meter), quantity in amounts.items()
            if quantity
        )
    return totals


def agrees(w: Workload, book: PriceBook, clouds: Clouds) -> None:
    t = Traffic.of(w)
    table, expected = cost_table(t, book, clouds), brute_force(t, book, clouds)
    assert list(table.placements) == list(expected)
    assert max(abs(a / b - 1) for a, b in zip(table.costs, expected.values(), strict=True)) < 1e-9
    assert min(table.costs) == pytest.approx(min(expected.values()), rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_brute_forces_on_500_random_workloads(book: PriceBook, seed: int) -> None:
    """50 a seed: on two of the clouds (every state of both), and every tenth on all three."""
    chance = random.Random(seed)
    for n in range(50):
        pair = tuple(sorted(chance.sample(ALL, 2), key=ALL.index))
        agrees(random_workload(chance), book, ALL if n % 10 == 0 else pair)


def test_one_cloud_is_a_table_of_one(book: PriceBook, preset: Workload) -> None:
    t = Traffic.of(preset)
    for cloud in ALL:
        table = cost_table(t, book, (cloud,))
        assert table.placements == ((cloud,) * 7,)
        assert table.costs[0] == pytest.approx(breakdown(Placement.single(cloud), t, book).total)

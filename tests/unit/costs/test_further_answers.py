"""The break-even map, what flips a choice, what moving costs, and the picture: each against the table itself."""

import random
import xml.etree.ElementTree as ElementTree

import msgspec
import pytest

from tests.rigs.clouds import AWS, GCP
from twin2multicloud.costs.break_even import Axes, break_even_map
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.chart import CROSSINGS, bar_of, picture, short
from twin2multicloud.costs.constraints import Constraints
from twin2multicloud.costs.moving import moving_cost
from twin2multicloud.costs.optimizer import optimize
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.sensitivity import price_flips, workload_flips
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement, Slot

MEDIUM = PRESETS["medium"]
AXES = Axes(steps=12)


def workload_at(workload: Workload, x: int, y: int) -> Workload:
    """The workload of one cell, to be priced by itself: so many devices, at a rate that gives so many messages."""
    devices = AXES.devices()[x]
    minutes = 730 * 60
    return msgspec.structs.replace(workload, devices=devices, interval_min=devices * minutes / AXES.messages()[x + y])


class TestBreakEvenMap:
    def test_every_cell_is_what_it_would_be_alone(self, book: PriceBook, preset: Workload) -> None:
        found = break_even_map(preset, book, AXES)
        chance = random.Random(3)
        for _ in range(10):
            x, y = chance.randrange(12), chance.randrange(12)
            alone = optimize(workload_at(preset, x, y), book)
            assert found.totals[y][x] == pytest.approx(alone.total, rel=1e-9)
            winner = found.placements[found.winners[y][x]]
            t = Traffic.of(workload_at(preset, x, y))
            assert breakdown(winner, t, book).total == pytest.approx(alone.total, rel=1e-9)

    def test_constraints_hold_in_every_cell(self, book: PriceBook) -> None:
        found = break_even_map(MEDIUM, book, AXES, Constraints(max_clouds=1))
        assert all(len(placement.clouds) == 1 for placement in found.placements)

    def test_both_axes_grow_by_the_same_factor(self) -> None:
        axes = Axes(devices_from=10, devices_to=1000, rate_from=2, steps=3)
        assert axes.devices() == (10, 100, 1000)
        assert axes.rates() == pytest.approx((2, 20, 200))
        assert axes.messages() == pytest.approx([10 * 2 * 730 * 10**n for n in range(5)])

    @pytest.mark.parametrize("bad", [{"steps": 1}, {"devices_from": 0}, {"devices_to": 5}, {"rate_from": 0}])
    def test_axes_that_are_none_are_refused(self, bad: dict[str, float]) -> None:
        with pytest.raises(ConfigurationError, match="expected rising devices"):
            Axes(**bad)


class TestSensitivity:
    def test_a_price_flips_where_it_says(self, book: PriceBook) -> None:
        before = optimize(MEDIUM, book).placement
        flips = price_flips(MEDIUM, book)
        assert flips
        for flip in flips[:5]:
            cloud, meter = flip.figure.split(" ")
            after = optimize(MEDIUM, book.scaled(flip.factor, Cloud(cloud), meter)).placement
            assert after == flip.placement != before
            short_of = 1 + (flip.factor - 1) * 0.98
            assert optimize(MEDIUM, book.scaled(short_of, Cloud(cloud), meter)).placement == before
        distances = [max(flip.factor, 1 / flip.factor) for flip in flips]
        assert distances == sorted(distances)

    def test_a_figure_of_the_workload_flips_where_it_says(self, book: PriceBook) -> None:
        before = optimize(MEDIUM, book).placement
        flips = workload_flips(MEDIUM, book)
        assert flips
        for flip in flips:
            old = getattr(MEDIUM, flip.figure)
            value = round(flip.value) if isinstance(old, int) else flip.value
            after = optimize(msgspec.structs.replace(MEDIUM, **{flip.figure: value}), book).placement
            assert after == flip.placement != before

    def test_nothing_flips_what_cannot_move(self, book: PriceBook) -> None:
        fixed = Constraints(fixed=dict.fromkeys(Slot, AWS))
        assert price_flips(MEDIUM, book, fixed) == ()
        assert workload_flips(MEDIUM, book, fixed) == ()


class TestMoving:
    def test_staying_costs_nothing(self, book: PriceBook) -> None:
        here = Placement.single(AWS)
        move = moving_cost(here, here, Traffic.of(MEDIUM), book, current_total=10, target_total=10)
        assert (move.slots, move.cost, move.break_even_months) == ((), 0, None)

    def test_only_stores_take_content_along(self, book: PriceBook) -> None:
        here, there = Placement.single(AWS), Placement.single(GCP)
        t = Traffic.of(MEDIUM)
        move = moving_cost(here, there, t, book, current_total=3000, target_total=2000)
        assert [each.slot for each in move.slots] == [Slot.L3_HOT, Slot.L3_COLD, Slot.L3_ARCHIVE]
        hot, older = MEDIUM.hot_months, 36 - MEDIUM.hot_months
        assert sum(each.gb for each in move.slots) == pytest.approx(t.gb * hot + t.packed_gb * older)
        hot = move.slots[0]
        assert hot.reading == pytest.approx(t.messages * 3 / 8 * 0.1525e-6)
        egress = book.price(AWS, "egress.gb").pricer()(sum(each.gb for each in move.slots))
        assert sum(each.egress for each in move.slots) == pytest.approx(egress)
        assert move.break_even_months == pytest.approx(move.cost / 1000)

    def test_an_empty_store_moves_free(self, book: PriceBook) -> None:
        w = msgspec.structs.replace(MEDIUM, hot_months=0)
        here, there = Placement.single(AWS), Placement.single(GCP)
        move = moving_cost(here, there, Traffic.of(w), book, current_total=1, target_total=2)
        assert Slot.L3_HOT not in {each.slot for each in move.slots}
        assert move.break_even_months is None


class TestPicture:
    def test_it_is_svg_with_every_bar_and_region(self, book: PriceBook) -> None:
        result = optimize(MEDIUM, book)
        found = break_even_map(MEDIUM, book, AXES)
        drawn = picture([bar_of("cheapest <now>", result.breakdown.by_place)], found)
        root = ElementTree.fromstring(drawn)
        texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "cheapest <now>" in texts
        assert f"{result.total:,.2f}" in texts
        assert all(short(placement) in texts for placement in found.placements)

    def test_a_bar_is_as_long_as_its_total(self, book: PriceBook) -> None:
        by_place = optimize(PRESETS["small"], book).breakdown.by_place
        bar = bar_of("x", by_place)
        assert bar.total == pytest.approx(sum(by_place.values()))
        assert bar.parts[CROSSINGS] > 0

    def test_a_placement_is_short(self) -> None:
        assert short(Placement.single(GCP)) == "gcp L1…L5"

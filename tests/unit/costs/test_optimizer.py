"""The answer: its properties, ties, runner-ups, constraints and the Pareto front."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.unit.costs.random_workloads import workloads
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.constraints import Constraints, parse_fixed, parse_residency, parse_slot
from twin2multicloud.costs.cost_table import CostTable, cost_table
from twin2multicloud.costs.objectives import scores
from twin2multicloud.costs.optimizer import cheapest_of, optimize, pareto_front
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.planning.clouds import known_cloud

QUANTITIES = (
    "devices", "message_kb", "archive_months", "entities", "editors", "viewers", "refreshes_per_hour",
    "series_per_refresh", "points_per_series", "event_share", "error_share", "log_kb_per_request", "function_ms",
    "function_ms_per_message", "function_mb", "restore_share", "peak_factor",
)  # fmt: skip
AGES = ("hot_months", "cool_months", "archive_months")
"""Figures of which more is more to do. (Batches make less to do; an age trades one store for the next, see below.)"""
STAYS = {"hot": AGES, "cold": AGES[1:], "archive": AGES[2:]}
"""The ages that move when readings stay longer in one store, and as long as before in the others."""


def no_placement_falls(book: PriceBook, less: Workload, more: Workload) -> bool:
    """Whether every one of the 2,187 placements costs at least as much for `more`."""
    before, after = (cost_table(Traffic.of(each), book, ALL).costs for each in (less, more))
    return all(b >= a * (1 - 1e-9) for a, b in zip(before, after, strict=True))


@given(workloads(), st.sampled_from(QUANTITIES), st.floats(1.01, 8))
def test_cost_never_falls_when_a_quantity_grows(book: PriceBook, w: Workload, name: str, factor: float) -> None:
    old = getattr(w, name)
    new = max(round(old * factor), old + 1) if isinstance(old, int) else max(old * factor, old + 0.001)
    assume(not name.endswith("_share") or new <= 1)
    try:
        more = msgspec.structs.replace(w, **{name: new})
    except ConfigurationError:
        assume(False)
    assert no_placement_falls(book, w, more)


@given(workloads(), st.floats(1.01, 100))
def test_cost_never_falls_when_each_device_sends_more_often(book: PriceBook, w: Workload, factor: float) -> None:
    assert no_placement_falls(book, w, msgspec.structs.replace(w, interval_min=w.interval_min / factor))


@given(workloads(), st.sampled_from(list(STAYS)), st.floats(0.01, 24))
def test_cost_never_falls_when_readings_stay_longer_in_a_store(
    book: PriceBook, w: Workload, store: str, months: float
) -> None:
    longer = {age: getattr(w, age) + months for age in STAYS[store]}
    assert no_placement_falls(book, w, msgspec.structs.replace(w, **longer))


@given(workloads(), st.floats(1.01, 8))
def test_cost_never_falls_when_all_ages_grow_in_proportion(book: PriceBook, w: Workload, factor: float) -> None:
    assert no_placement_falls(book, w, msgspec.structs.replace(w, **{age: getattr(w, age) * factor for age in AGES}))


def test_one_age_alone_trades_a_store_for_the_next(book: PriceBook) -> None:
    """Why the ages are not among the quantities: with 25 GB hot for nothing, longer hot is cheaper than cold."""
    w = msgspec.structs.replace(PRESETS["small"], hot_months=0, cool_months=12, archive_months=12)
    assert Traffic.of(msgspec.structs.replace(w, hot_months=6)).hot_gb < 25
    aws = Placement.single(AWS)
    sooner, later = (
        breakdown(aws, Traffic.of(msgspec.structs.replace(w, hot_months=months)), book).total for months in (0, 6)
    )
    assert later < sooner


@given(workloads(), st.floats(0.01, 100))
def test_prices_scaled_by_k_scale_every_total_by_k(book: PriceBook, w: Workload, k: float) -> None:
    t = Traffic.of(w)
    plain, scaled = cost_table(t, book, ALL), cost_table(t, book.scaled(k), ALL)
    assert all(b == pytest.approx(a * k, rel=1e-9) for a, b in zip(plain.costs, scaled.costs, strict=True))


@given(workloads(), st.sampled_from(ALL))
def test_one_cloud_alone_sends_nothing_out(book: PriceBook, w: Workload, cloud: Cloud) -> None:
    found = breakdown(Placement.single(cloud), Traffic.of(w), book)
    assert not [line for line in found.lines if line.meter.startswith("egress")]
    assert set(found.by_place) == {slot.value for slot in Slot}


def test_more_messages_per_request_never_cost_more(book: PriceBook, preset: Workload) -> None:
    totals = [each.best_total for each in optimize(preset, book).batching]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > totals[-1]


def test_the_answer_holds_together(book: PriceBook, preset: Workload) -> None:
    result = optimize(preset, book)
    assert result.total == pytest.approx(result.breakdown.total)
    assert result.evaluated == 2187
    assert result.price_digest == book.digest()
    assert {each.slot for each in result.runner_ups} == set(Slot) - ({Slot.L4} if preset.needs_3d else set())
    for each in result.runner_ups:
        assert each.placement[each.slot] == each.cloud != result.placement[each.slot]
        assert each.difference == pytest.approx(each.total - result.total)
        assert each.difference >= 0
    alone = [cost for cost in result.single_cloud.values() if cost is not None]
    assert result.savings == pytest.approx(min(alone) - result.total)
    assert result.savings >= 0


def test_3d_needs_twinmaker(book: PriceBook) -> None:
    result = optimize(PRESETS["large"], book)
    assert result.placement.l4 == AWS
    assert (result.single_cloud[AZURE], result.single_cloud[GCP]) == (None, None)


def test_ties_go_to_the_first_in_order() -> None:
    table = CostTable(placements=((AWS,) * 7, (AZURE,) * 7, (GCP,) * 7), costs=(3.0, 2.0 + 1e-15, 2.0))
    assert cheapest_of(table, [0, 1, 2]) == (1, 1)


class TestConstraints:
    def test_everything_at_once(self, book: PriceBook) -> None:
        constraints = Constraints(
            fixed={Slot.L1: AZURE}, residency={Slot.L3_HOT: ("DE", "FR")}, max_clouds=2, forbidden=(GCP,)
        )
        result = optimize(PRESETS["medium"], book, constraints)
        assert (result.placement.l1, result.placement.l3_hot) == (AZURE, AWS)
        assert GCP not in result.placement.clouds
        assert result.admitted == 2**5
        assert Slot.L1 not in {each.slot for each in result.runner_ups}
        assert Slot.L3_HOT not in {each.slot for each in result.runner_ups}

    def test_at_most_one_cloud_is_the_cheapest_alone(self, book: PriceBook) -> None:
        result = optimize(PRESETS["small"], book, Constraints(max_clouds=1))
        assert result.admitted == 3
        assert result.total == pytest.approx(min(each for each in result.single_cloud.values() if each is not None))

    @pytest.mark.parametrize(
        ("constraints", "sentence"),
        [
            (Constraints(forbidden=ALL), "no cloud remains for L1"),
            (Constraints(residency={Slot.L3_ARCHIVE: ("AT",)}), "no cloud remains for L3-archive .* must lie in AT"),
            (Constraints(fixed={Slot.L4: GCP}), "no cloud remains for L4 .* fixed on Google Cloud, .*3D"),
            (Constraints(fixed={Slot.L1: GCP}, max_clouds=1), "no placement remains"),
        ],
    )
    def test_what_nothing_satisfies_is_said(self, book: PriceBook, constraints: Constraints, sentence: str) -> None:
        with pytest.raises(ConfigurationError, match=sentence):
            optimize(PRESETS["large"], book, constraints)

    def test_words_are_read_with_a_suggestion(self) -> None:
        assert parse_fixed(["L4=google", "L3=aws"]) == {Slot.L4: GCP, Slot.L3_HOT: AWS}
        assert parse_residency(["L3-hot=de, nl"]) == {Slot.L3_HOT: ("DE", "NL")}
        with pytest.raises(ConfigurationError, match=r"cloud 'asure' is unknown, .*did you mean azure"):
            known_cloud("asure")
        with pytest.raises(ConfigurationError, match=r"slot 'L3-hott' is unknown, .*did you mean L3-hot"):
            parse_slot("L3-hott")
        with pytest.raises(ConfigurationError, match=r"found 'L4', expected SLOT=VALUE"):
            parse_fixed(["L4"])
        with pytest.raises(ConfigurationError, match="at most 0 clouds"):
            Constraints(max_clouds=0)

    def test_a_cloud_without_prices_is_left_out(self, book: PriceBook) -> None:
        two = PriceBook.of(book[AWS], book[AZURE])
        assert optimize(PRESETS["medium"], two).evaluated == 2**7


class TestPareto:
    def test_nothing_on_the_front_is_beaten_and_nothing_off_it_is_not(self, book: PriceBook) -> None:
        front = pareto_front(PRESETS["small"], book)
        t = Traffic.of(PRESETS["small"])
        table = cost_table(t, book, ALL)
        rated = scores(table.placements, t)
        on = {(each.total, each.latency_ms, each.carbon_kg) for each in front}
        for point in zip(table.costs, rated.latency_ms, rated.carbon_kg, strict=True):
            beaten = any(all(a <= b * (1 + 1e-9) for a, b in zip(other, point, strict=True)) for other in on)
            assert beaten
        for one in on:
            for other in on - {one}:
                assert not all(a <= b for a, b in zip(other, one, strict=True))

    def test_it_starts_with_the_cheapest(self, book: PriceBook, preset: Workload) -> None:
        front = pareto_front(preset, book)
        assert front[0].total == pytest.approx(optimize(preset, book).total)
        assert [each.total for each in front] == sorted(each.total for each in front)

    def test_crossings_take_time_and_no_cloud_is_free_of_carbon(self) -> None:
        t = Traffic.of(PRESETS["medium"])
        together, apart = (AWS,) * 7, (AWS, GCP, *[AWS] * 5)
        rated = scores((together, apart), t)
        assert rated.latency_ms[1] > rated.latency_ms[0] > 0
        assert min(rated.carbon_kg) > 0

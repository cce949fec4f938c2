"""The rota: every share has its turn in a round, none is left out, and a run goes on where the one before stopped."""

from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.rota import EVERY_MINUTES, RUNS_A_DAY, SHARES, WHOLE, Rota, Share
from twin2multicloud.domain.timestamps import from_milliseconds

START = 1_767_225_600_000  # 2026-01-01T00:00Z
NAMES = st.lists(st.text("abc/=", min_size=1, max_size=3), unique=True, max_size=12).map(sorted)


def at(runs: float) -> str:
    """When so many runs have been since the start."""
    return from_milliseconds(round(START + runs * EVERY_MINUTES * 60_000))


def numbers(shares) -> list[int]:
    return [share.number for share in shares]


@given(st.lists(st.integers(), max_size=400), st.integers(1, 200))
def test_shares_are_the_whole_in_order_and_alike(whole, parts):
    shares = [Share(number, parts).of(whole) for number in range(parts)]
    assert [each for share in shares for each in share] == whole
    assert {len(share) for share in shares} <= {len(whole) // parts, len(whole) // parts + 1}
    assert WHOLE.of(whole) == whole


@given(NAMES, st.integers(1, 20), st.text("abcd/=", max_size=4))
def test_every_name_is_in_one_share_also_one_that_is_not_known(names, parts, name):
    spans = [Share(number, parts).span(names) for number in range(parts)]
    assert spans[0][0] == ""
    assert spans[-1][1] is None
    assert all(first[1] == second[0] for first, second in pairwise(spans))
    assert sum(start <= name and (end is None or name < end) for start, end in spans) == 1
    assert WHOLE.span(names) == ("", None)


def test_each_run_has_the_next_share_and_a_round_has_all():
    rota = Rota(at(0))
    seen = [numbers(rota.due(at(run))) for run in range(RUNS_A_DAY)]
    assert {len(each) for each in seen} == {1}
    first_round = [number for (number,) in seen[:SHARES]]
    assert sorted(first_round) == list(range(SHARES))
    assert [number for (number,) in seen[SHARES:]] == first_round * (RUNS_A_DAY // SHARES - 1)


def test_a_process_for_each_run_makes_the_same_rounds():
    fresh = [numbers(Rota(at(run + 0.9)).due(at(run + 0.9))) for run in range(SHARES)]
    assert sorted(number for (number,) in fresh) == list(range(SHARES))


def test_where_a_run_stops_the_next_one_begins():
    rota = Rota(at(0))
    assert len(numbers(rota.due(at(3)))) == 4
    stopped = list(islice(rota.due(at(5)), 1))  # in the middle of its first share
    assert numbers(rota.due(at(6)))[:2] == [stopped[0].number, (stopped[0].number + 1) % SHARES]
    assert numbers(rota.due(at(6))) == []


def test_one_that_fails_for_good_is_passed_over_and_comes_again_in_the_next_round():
    rota = Rota(at(0))
    (failed,) = islice(rota.due(at(0)), 1)
    rota.pass_over()
    assert failed.number not in numbers(rota.due(at(SHARES - 1)))
    assert numbers(rota.due(at(SHARES))) == [failed.number]
    rota.pass_over()  # all was done: the failure was said at the end
    assert len(numbers(rota.due(at(SHARES + 1)))) == 1


def test_at_most_a_round_is_made_up_for_and_all_of_it_after_the_clock_was_set_back():
    rota = Rota(at(10 * SHARES))
    for now in (20 * SHARES, 5 * SHARES, 8 * SHARES):
        assert sorted(numbers(rota.due(at(now)))) == list(range(SHARES))

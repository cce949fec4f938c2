from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.manage.series import changes, epoch_ms, merged, stale_after_ms, stamp_of, thinned, window

NOW = 1_760_000_000_000


@given(st.integers(0, 4_000_000_000_000))
def test_epoch_ms_and_stamp_are_each_others_inverse(time: int) -> None:
    assert epoch_ms(stamp_of(time)) == time


class TestWindow:
    def test_ends_now_while_readings_arrive(self) -> None:
        assert window(NOW, NOW - 2_000, 300_000) == (NOW - 300_000, NOW)

    def test_ends_now_where_nothing_was_read(self) -> None:
        assert window(NOW, None, 300_000) == (NOW - 300_000, NOW)

    def test_ends_with_the_last_reading_of_a_replay(self) -> None:
        long_ago = NOW - 31_536_000_000
        assert window(NOW, long_ago, 300_000) == (long_ago - 300_000, long_ago)

    def test_ends_with_the_last_reading_of_a_clock_that_is_ahead(self) -> None:
        assert window(NOW, NOW + 60_000, 300_000) == (NOW - 240_000, NOW + 60_000)

    def test_everything_starts_at_the_beginning_of_time(self) -> None:
        assert window(NOW, NOW - 5, None) == (0, NOW - 5)


class TestMerged:
    def test_keeps_time_order_and_each_point_once(self) -> None:
        assert merged([(1, 10), (3, 30)], [(3, 30), (2, 20)], 0) == [(1, 10), (2, 20), (3, 30)]

    def test_forgets_what_has_left_the_window(self) -> None:
        assert merged([(1, 10), (3, 30)], [], 2) == [(3, 30)]


class TestThinned:
    def test_leaves_a_short_series_alone(self) -> None:
        assert thinned([(1, 1.0), (2, 2.0)], most=10) == [(1, 1.0), (2, 2.0)]

    def test_a_single_spike_survives(self) -> None:
        points = [(n, 20.0 if n != 7_777 else 99.0) for n in range(10_000)]
        assert (7_777, 99.0) in thinned(points, most=100)

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=500), st.integers(2, 60))
    def test_keeps_order_bounds_and_size(self, values: list[float], most: int) -> None:
        points = list(enumerate(values))
        kept = thinned(points, most)
        assert kept == sorted(set(kept), key=lambda point: point[0])
        assert {min(values), max(values)} <= {value for _, value in kept}
        assert len(kept) <= most


class TestChanges:
    def test_keeps_both_ends_and_every_change(self) -> None:
        points = [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "b")]
        assert changes(points) == [(1, "a"), (3, "b"), (5, "b")]

    def test_of_nothing_is_nothing(self) -> None:
        assert changes([]) == []


class TestStale:
    def test_is_at_least_half_a_minute(self) -> None:
        assert stale_after_ms([(n * 1_000, n) for n in range(10)]) == 30_000

    def test_follows_a_slow_device(self) -> None:
        assert stale_after_ms([(n * 600_000, n) for n in range(10)]) == 2_400_000

    def test_is_half_a_minute_where_too_little_is_known(self) -> None:
        assert stale_after_ms([(0, 1), (600_000, 2)]) == 30_000

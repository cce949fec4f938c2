"""The schedule: 1 s, doubling, three times, with full jitter, and Retry-After respected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.chance import RigChance
from twin2multicloud.wire.retry import RetryPolicy, parse_retry_after

POLICY = RetryPolicy()


def test_waits_double_and_end_after_three():
    assert [POLICY.delay(retry, RigChance(1.0)) for retry in range(5)] == [1.0, 2.0, 4.0, None, None]


def test_jitter_is_full():
    assert [POLICY.delay(retry, RigChance(0.0)) for retry in range(3)] == [0.0, 0.0, 0.0]
    assert [POLICY.delay(retry, RigChance(0.5)) for retry in range(3)] == [0.5, 1.0, 2.0]


@given(st.integers(0, 2), st.floats(0, 1), st.none() | st.floats(0, 30))
def test_a_wait_is_never_shorter_than_asked_nor_longer_than_its_step_where_nothing_was_asked(retry, draw, asked):
    wait = POLICY.delay(retry, RigChance(draw), asked)
    assert wait >= (asked or 0.0)
    assert wait <= max(2.0**retry, asked or 0.0)


@pytest.mark.parametrize("asked", [30.1, 3600.0, float("inf")])
def test_a_wait_that_is_too_long_is_not_waited_for(asked):
    assert POLICY.delay(0, RigChance(), asked) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5.0), ("0", 0.0), ("-3", 0.0), ("1.5", 1.5), ("", None), (None, None), ("soon", None)],
)
def test_retry_after_in_seconds(text, seconds):
    assert parse_retry_after(text) == seconds


@pytest.mark.parametrize("text", ["Wed, 21 Oct 2026 07:28:00 GMT", "nan"])
def test_other_forms_leave_the_wait_to_the_policy(text):
    assert POLICY.delay(0, RigChance(), parse_retry_after(text)) == 1.0

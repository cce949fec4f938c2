"""What a caller does: asks a function and brings its answer, and tells who is at fault where there is none."""

import pytest

from tests.rigs.invocation import NAME
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError

ASKED = {"iotDeviceId": "größer 中", "selectedProperties": ["a", "b"], "maxResults": 2**53 + 1, "nested": {"x": [1.5]}}


def raising(error):
    def answer(asked):
        raise error

    return answer


def test_what_is_asked_arrives_and_what_is_answered_comes_back(invocation_rig):
    invocation_rig.function.answer = lambda asked: {"you": asked, "nextToken": None, "yes": True, "0.1": 0.1}
    assert invocation_rig.invocation.call(NAME, ASKED) == {"you": ASKED, "nextToken": None, "yes": True, "0.1": 0.1}
    assert invocation_rig.function.asked == [ASKED]


def test_one_caller_calls_as_often_as_it_likes(invocation_rig):
    assert [invocation_rig.invocation.call(NAME, {"n": number}) for number in range(5)] == [{"n": n} for n in range(5)]
    assert invocation_rig.function.asked == [{"n": number} for number in range(5)]


def test_an_answer_of_five_megabytes_comes_whole(invocation_rig):
    """A reader's answer is no larger (`wire.limits`)."""
    invocation_rig.function.answer = lambda _: {"text": "x" * 5_000_000}
    assert len(invocation_rig.invocation.call(NAME, {})["text"]) == 5_000_000


def test_a_question_that_is_too_large_is_final(invocation_rig):
    with pytest.raises(FinalError, match=NAME):
        invocation_rig.invocation.call(NAME, {"text": "x" * (6 * 1024 * 1024)})
    assert invocation_rig.function.asked == []


@pytest.mark.parametrize("status", [None, 400, 404])
def test_a_refusal_comes_with_the_functions_own_sentence(invocation_rig, status):
    """Also one that says it by 404, which is not that there is no function."""
    invocation_rig.function.answer = raising(FinalError("the twin has no device 'größer'", status))
    with pytest.raises(FinalError, match=f"{NAME}: the twin has no device 'größer'"):
        invocation_rig.invocation.call(NAME, {})


def test_what_a_function_cannot_answer_now_it_may_later(invocation_rig):
    invocation_rig.function.answer = raising(RetryableError("hot store house: throttled", 2.0))
    with pytest.raises(RetryableError, match=f"{NAME}: hot store house: throttled"):
        invocation_rig.invocation.call(NAME, {})
    invocation_rig.function.answer = lambda _: {"now": True}
    assert invocation_rig.invocation.call(NAME, {}) == {"now": True}


def test_what_a_function_did_not_foresee_may_pass(invocation_rig):
    invocation_rig.function.answer = raising(ZeroDivisionError("division by zero"))
    with pytest.raises(RetryableError, match=NAME):
        invocation_rig.invocation.call(NAME, {})


def test_a_function_that_is_not_there_is_the_configurations_fault(invocation_rig):
    with pytest.raises(ConfigurationError, match="cold-reader: "):
        invocation_rig.invocation.call("cold-reader", {})


def test_who_may_not_call_is_told_and_the_function_is_not_asked(invocation_rig):
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            invocation_rig.locked_out.call(NAME, {})
    assert invocation_rig.function.asked == []


def test_where_nobody_answers_one_may_try_again(invocation_rig):
    with pytest.raises(RetryableError):
        invocation_rig.in_the_dark.call(NAME, {})


def test_no_error_tells_what_the_caller_signs_in_with(invocation_rig):
    invocation_rig.function.answer = raising(FinalError("no"))
    said = []
    rig = invocation_rig
    for invocation, name in [(rig.invocation, NAME), (rig.invocation, "none"), (rig.locked_out, NAME)]:
        with pytest.raises((ConfigurationError, FinalError)) as caught:
            invocation.call(name, {})
        said += [str(caught.value), repr(caught.value.__cause__)]
    assert not any(secret in text for secret in invocation_rig.secrets for text in said)

"""What a caller does: asks a function and brings its answer, and tells who is at fault where there is none."""

import pytest

from tests.rigs.invocation import NAME
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError

ASKED = {"iotDeviceId": "größer 中", "selectedProperties": ["a", "b"], "maxResults": 2**53 + 1, "nested": {"x": [1.5]}}


def raising(error):
    def answer(asked):
        raise error

    return answer


def test_what_is_asked_arrives_and_what_is_answered_comes_back(caller_rig):
    caller_rig.function.answer = lambda asked: {"you": asked, "nextToken": None, "yes": True, "0.1": 0.1}
    assert caller_rig.caller.call(NAME, ASKED) == {"you": ASKED, "nextToken": None, "yes": True, "0.1": 0.1}
    assert caller_rig.function.asked == [ASKED]


def test_one_caller_calls_as_often_as_it_likes(caller_rig):
    assert [caller_rig.caller.call(NAME, {"n": number}) for number in range(5)] == [{"n": n} for n in range(5)]
    assert caller_rig.function.asked == [{"n": number} for number in range(5)]


def test_an_answer_of_five_megabytes_comes_whole(caller_rig):
    """A reader's answer is no larger (`wire.limits`)."""
    caller_rig.function.answer = lambda _: {"text": "x" * 5_000_000}
    assert len(caller_rig.caller.call(NAME, {})["text"]) == 5_000_000


def test_a_question_that_is_too_large_is_final(caller_rig):
    with pytest.raises(FinalError, match=NAME):
        caller_rig.caller.call(NAME, {"text": "x" * (6 * 1024 * 1024)})
    assert caller_rig.function.asked == []


@pytest.mark.parametrize("status", [None, 400, 404])
def test_a_refusal_comes_with_the_functions_own_sentence(caller_rig, status):
    """Also one that says it by 404, which is not that there is no function."""
    caller_rig.function.answer = raising(FinalError("the twin has no device 'größer'", status))
    with pytest.raises(FinalError, match=f"{NAME}: the twin has no device 'größer'"):
        caller_rig.caller.call(NAME, {})


def test_what_a_function_cannot_answer_now_it_may_later(caller_rig):
    caller_rig.function.answer = raising(RetryableError("hot store house: throttled", 2.0))
    with pytest.raises(RetryableError, match=f"{NAME}: hot store house: throttled"):
        caller_rig.caller.call(NAME, {})
    caller_rig.function.answer = lambda _: {"now": True}
    assert caller_rig.caller.call(NAME, {}) == {"now": True}


def test_what_a_function_did_not_foresee_may_pass(caller_rig):
    caller_rig.function.answer = raising(ZeroDivisionError("division by zero"))
    with pytest.raises(RetryableError, match=NAME):
        caller_rig.caller.call(NAME, {})


def test_a_function_that_is_not_there_is_the_configurations_fault(caller_rig):
    with pytest.raises(ConfigurationError, match="cold-reader: "):
        caller_rig.caller.call("cold-reader", {})


def test_who_may_not_call_is_told_and_the_function_is_not_asked(caller_rig):
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            caller_rig.locked_out.call(NAME, {})
    assert caller_rig.function.asked == []


def test_where_nobody_answers_one_may_try_again(caller_rig):
    with pytest.raises(RetryableError):
        caller_rig.in_the_dark.call(NAME, {})


def test_no_error_tells_what_the_caller_signs_in_with(caller_rig):
    caller_rig.function.answer = raising(FinalError("no"))
    said = []
    for caller, name in [(caller_rig.caller, NAME), (caller_rig.caller, "none"), (caller_rig.locked_out, NAME)]:
        with pytest.raises((ConfigurationError, FinalError)) as caught:
            caller.call(name, {})
        said += [str(caught.value), repr(caught.value.__cause__)]
    assert not any(secret in text for secret in caller_rig.secrets for text in said)

"""Who may cross: one of the expected tokens, and nobody where none is expected."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.wire import tokens
from twin2multicloud.wire.tokens import HEADER, accepts


def test_the_token_is_accepted_under_its_header_only():
    assert accepts(["secret"], {HEADER: "secret"})
    assert not accepts(["secret"], {"authorization": "secret"})


@pytest.mark.parametrize("expected", [[], [""], ["", ""]])
@pytest.mark.parametrize("given_token", ["", "x", None])
def test_an_empty_expected_token_refuses_everyone(expected, given_token):
    assert not accepts(expected, {} if given_token is None else {HEADER: given_token})


def test_two_tokens_are_valid_while_one_replaces_the_other():
    assert [accepts(["new", "old"], {HEADER: each}) for each in ("new", "old", "older")] == [True, True, False]


@pytest.mark.parametrize(("sent", "accepted"), [("right,wrong", True), ("right, wrong", True), ("wrong, right", False)])
def test_of_a_header_that_came_twice_the_first_counts(sent, accepted):
    assert accepts(["right"], {HEADER: sent}) is accepted


TOKENS = st.text(st.characters(exclude_characters=", \t"), max_size=20)


@given(TOKENS, TOKENS)
def test_only_the_very_same_token_is_accepted(offered, expected):
    assert accepts([expected], {HEADER: offered}) is (offered == expected != "")


def test_tokens_are_compared_in_constant_time():
    """By the standard library's own comparison: the module calls it, and has no other."""
    names = accepts.__code__.co_names + tuple(
        name for constant in accepts.__code__.co_consts if hasattr(constant, "co_names") for name in constant.co_names
    )
    assert "compare_digest" in names
    assert tokens.hmac is hmac

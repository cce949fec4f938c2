"""A rotation's steps, and that no call is refused while functions read the secret at their own times."""

import random

import pytest

from twin2multicloud.hosting.rotation import KEPT_SECONDS
from twin2multicloud.operations.rotation import PAUSE_SECONDS, rotation_steps

FIRST = {"token_order": "a", "token_a": "0", "token_b": "0"}


def rotated(values):
    """The values after each step of a rotation."""
    found = []
    for step in rotation_steps(values):
        values = {**values, **step}
        found.append(values)
    return found


def text(values, tokens):
    """What the secret's text is, as Terraform makes it: a token for each turn."""
    return ",".join(tokens[each, values[f"token_{each}"]] for each in values["token_order"].split(","))


def test_two_tokens_take_turns():
    one = rotated(FIRST)
    assert [each["token_order"] for each in one] == ["a,b", "b,a", "b"]
    two = rotated(one[-1])
    assert [each["token_order"] for each in two] == ["b,a", "a,b", "a"]
    assert two[-1]["token_a"] != FIRST["token_a"], "made anew"
    assert two[-1]["token_b"] == one[-1]["token_b"], "the one in use stays as it is"


@pytest.mark.parametrize("done", [1, 2])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_an_interrupted_rotation_goes_on(done, before):
    values = FIRST
    for _ in range(before):
        values = rotated(values)[-1]
    whole = rotated(values)
    assert rotated(whole[done - 1]) == whole[done:]


@pytest.mark.parametrize("seed", range(20))
def test_whoever_reads_when_no_call_is_refused(seed):
    """Each function keeps what it read for up to `KEPT_SECONDS`, and the senders' and receivers' times differ."""
    chance = random.Random(seed)
    tokens = {(each, str(turn)): f"{each}{turn}" for each in "ab" for turn in range(9)}
    values, changes = FIRST, [(0.0, text(FIRST, tokens))]
    for _ in range(3):
        for each in rotated(values):
            values = each
            changes.append((changes[-1][0] + PAUSE_SECONDS, text(values, tokens)))

    def read(at):
        return next(text for since, text in reversed(changes) if since <= at)

    end = changes[-1][0] + PAUSE_SECONDS
    for now in (chance.uniform(KEPT_SECONDS, end) for _ in range(2_000)):
        sent = read(now - chance.uniform(0, KEPT_SECONDS)).split(",")[0]
        assert sent in read(now - chance.uniform(0, KEPT_SECONDS)).split(","), now

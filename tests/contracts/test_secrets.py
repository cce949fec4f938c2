"""What a secret store does: gives a secret's present text, and says which one is missing without saying any."""

import pytest

from tests.rigs.clock import RigClock
from tests.rigs.envelopes import request
from tests.rigs.ports import RigPorts
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.hosting.rotation import KEPT_SECONDS, CachedSecret, wire_with_secret

ENV = {"CLOUD": "azure", "TWIN_NAME": "house", "PROCESSOR_QUEUE": "house-processor"}


def test_a_secret_is_read_by_the_name_it_was_given(secrets_rig):
    name = secrets_rig.keep("token", "größer,than-life")
    assert secrets_rig.secrets.read(name) == "größer,than-life"


def test_the_present_text_counts(secrets_rig):
    name = secrets_rig.keep("token", "old")
    secrets_rig.keep("token", "old,new")
    assert secrets_rig.secrets.read(name) == "old,new"


def test_a_secret_that_is_not_there_is_the_configurations_fault(secrets_rig):
    with pytest.raises(ConfigurationError, match="none"):
        secrets_rig.secrets.read(secrets_rig.absent)


def answers(function: Function, *tokens: str) -> list[int]:
    return [function.run(Trigger.HTTP, request(token=token)).status for token in tokens]


def test_a_token_is_replaced_without_a_restart_and_nobody_is_refused(secrets_rig):
    """The three steps of a rotation: at each of them both the sender of before and the sender of now are accepted."""
    ports = RigPorts()
    name = secrets_rig.keep("inter-cloud", "old")
    function = wire_with_secret("ingestion", {**ENV, "INTER_CLOUD_TOKEN_SECRET": name}, ports, secrets_rig.secrets)
    assert answers(function, "old", "new", "new,old", "") == [200, 401, 401, 401]
    for text, expected in (("old,new", [200, 200]), ("new,old", [200, 200]), ("new", [401, 200])):
        secrets_rig.keep("inter-cloud", text)
        ports.clock.advance(KEPT_SECONDS)
        assert answers(function, "old", "new") == expected


class FlakySecrets:
    def __init__(self) -> None:
        self.text, self.down, self.reads = "first", False, 0

    def read(self, name: str) -> str:
        self.reads += 1
        if self.down:
            raise RetryableError("the secret store is dark")
        return self.text


class TestCache:
    def made(self) -> tuple[FlakySecrets, RigClock, list[str], CachedSecret]:
        secrets, clock, lines = FlakySecrets(), RigClock(), list[str]()
        return secrets, clock, lines, CachedSecret(secrets, "token", clock, lines.append)

    def test_a_secret_is_read_once_in_a_while(self):
        secrets, clock, _, cached = self.made()
        assert [cached.read(), cached.read()] == ["first", "first"]
        assert secrets.reads == 1
        secrets.text = "second"
        clock.advance(KEPT_SECONDS)
        assert cached.read() == "second"

    def test_it_stays_as_it_was_while_its_store_is_dark(self):
        secrets, clock, lines, cached = self.made()
        cached.read()
        secrets.down = True
        clock.advance(KEPT_SECONDS)
        assert [cached.read(), cached.read()] == ["first", "first"]
        assert len(lines) == 1
        assert "dark" in lines[0]

    def test_without_a_first_text_there_is_none(self):
        secrets, _, _, cached = self.made()
        secrets.down = True
        with pytest.raises(RetryableError):
            cached.read()

    def test_without_a_secret_the_environments_token_counts(self):
        function = wire_with_secret("ingestion", {**ENV, "INTER_CLOUD_TOKEN": "plain"}, RigPorts(), FlakySecrets())
        assert answers(function, "plain", "first") == [200, 401]

"""What a function does when it is imported, and what only on its first event: what it asks for may not be there yet."""

import pytest

pytest.importorskip("azure.cosmos", reason="the extra azure is not installed")
pytest.importorskip("azure.storage.queue", reason="the extra azure is not installed")

from tests.contracts.test_error_sink import event
from tests.contracts.test_secrets import ENV, FlakySecrets, answers
from tests.rigs.ports import RigPorts
from twin2multicloud.clouds.azure.wiring import AzurePorts
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.hosting.error_events import LoggingErrorSink
from twin2multicloud.hosting.rotation import wire_with_secret


def test_a_vault_that_is_not_there_yet_keeps_no_function_from_starting():
    secrets = FlakySecrets()
    secrets.down = True
    function = wire_with_secret("ingestion", {**ENV, "INTER_CLOUD_TOKEN_SECRET": "s"}, RigPorts(), secrets)
    assert secrets.reads == 0, "nothing is asked at import"
    assert answers(function, "not-read-yet") == [503], "the token of before it was read opens nothing"
    secrets.down = False
    assert answers(function, "first", "not-read-yet") == [200, 401]


def test_a_database_that_is_not_there_yet_is_asked_on_the_first_event():
    ports = AzurePorts({"COSMOS_URL": "https://127.0.0.1:9/", "COSMOS_KEY": "a2V5", "TWIN_NAME": "house"})
    store = ports.hot_store("readings")
    with pytest.raises(RetryableError, match="Cosmos DB"):
        store.last("pump", ("temperature",))


@pytest.mark.parametrize("broken", [False, True])
def test_every_error_event_is_a_line_in_the_log(broken):
    lines: list[str] = []

    def publish(_event: object) -> None:
        if broken:
            raise RetryableError("the topic is dark")

    LoggingErrorSink(publish, lines.append).report(event())
    assert len(lines) == 1
    assert str(event().error_code) in lines[0]
    assert ("not reported: the topic is dark" in lines[0]) is broken

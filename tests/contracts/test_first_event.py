"""What a function does when it is imported, and what only on its first event: what it asks for may not be there yet."""

import threading

import pytest

pytest.importorskip("azure.cosmos", reason="the extra azure is not installed")
pytest.importorskip("azure.storage.queue", reason="the extra azure is not installed")

from tests.contracts.test_error_sink import event
from tests.contracts.test_secrets import ENV, FlakySecrets, answers
from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.ports import RigPorts
from twin2multicloud.clouds.azure import queue
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


class SlowQueue:
    """A storage queue's client; `most` is how many messages were on their way at once."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.under_way, self.most = 0, 0
        self._lock, self._several = threading.Lock(), threading.Event()

    def send_message(self, record: bytes, time_to_live: int) -> None:
        assert time_to_live == -1
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            if self.under_way > 1:
                self._several.set()
        self._several.wait(5)
        with self._lock:
            self.under_way -= 1
            self.taken.append(record)


def test_a_large_batch_goes_to_a_storage_queue_side_by_side():
    slow = SlowQueue()
    send = queue.queues(lambda _: slow, RigClock(), RigChance())._send
    records = [b"%d" % number for number in range(85)]
    send("house-processor", records)
    assert sorted(slow.taken) == sorted(records)
    assert 1 < slow.most <= 8

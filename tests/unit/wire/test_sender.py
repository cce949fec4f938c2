"""The sender against a scripted transport: what is sent, what is sent again, and what comes back as not delivered."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.clouds import AZURE
from tests.rigs.envelopes import TRACE
from tests.rigs.readings import reading
from tests.rigs.transport import Answer, ScriptedTransport, ServedTransport
from twin2multicloud.domain.errors import OutageError, RetryableError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.ports.telemetry_writer import ItemError
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.answers import FailedItem, Received
from twin2multicloud.wire.breaker import Breaker
from twin2multicloud.wire.envelope import decode
from twin2multicloud.wire.limits import GZIP_FROM_BYTES, MAX_BODY_BYTES, MAX_MESSAGES
from twin2multicloud.wire.receiver import receive
from twin2multicloud.wire.sender import SPREADING_S, TIMEOUT, Sender
from twin2multicloud.wire.tokens import HEADER

URL = "https://other.example/ingestion"


def readings(count: int) -> list[Reading]:
    return [reading({"device_id": "d", "n": number}) for number in range(count)]


def values(body: bytes, name: str) -> list:
    """What an envelope's messages have of a property."""
    return [msgspec.json.decode(message).get(name) for message in decode(body).messages]


def taken(*failed: FailedItem) -> Reply:
    return Reply(200, {}, msgspec.json.encode(Received("received", TRACE, list(failed))))


def refused(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, b'{"status":"refused","error":"no"}')


class Bench:
    """A sender with everything around it in reach."""

    def __init__(self, *script: Answer, breaker: Breaker | None = None, clock: RigClock | None = None) -> None:
        self.transport = ScriptedTransport(*script)
        self.clock = clock or RigClock()
        self.sender = sender(self.transport, self.clock, breaker)

    def send(self, count: int) -> list[ItemError]:
        return list(self.sender.write_batch(readings(count), TRACE))

    @property
    def sent(self) -> list[list[int]]:
        return [values(each.plain, "n") for each in self.transport.posted]


def sender(transport, clock: RigClock, breaker: Breaker | None = None) -> Sender:
    return Sender(
        url=URL,
        token="the-token",
        source_cloud=AZURE,
        target_layer=Slot.L2,
        transport=transport,
        clock=clock,
        chance=RigChance(),
        breaker=breaker,
    )


def test_a_batch_goes_out_as_one_envelope_with_the_token():
    bench = Bench(taken())
    assert bench.send(3) == []
    (posted,) = bench.transport.posted
    assert (posted.url, posted.timeout) == (URL, TIMEOUT)
    assert posted.headers[HEADER] == "the-token"
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["traceparent"].split("-")[:2] == ["00", TRACE]
    sent = decode(posted.plain)
    assert (sent.source_cloud, sent.target_layer, sent.trace_id) == (AZURE, Slot.L2, TRACE)
    assert bench.sent == [[0, 1, 2]]


def test_nothing_to_send_sends_nothing():
    bench = Bench()
    assert bench.send(0) == []
    assert bench.transport.posted == []


def test_only_what_failed_is_sent_again():
    again = [FailedItem(1, "busy"), FailedItem(3, "busy")]
    bench = Bench(taken(*again), taken(FailedItem(1, "busy")), taken())
    assert bench.send(5) == []
    assert bench.sent == [[0, 1, 2, 3, 4], [1, 3], [3]]
    assert bench.clock.sleeps == [1.0, 2.0]


def test_what_failed_for_good_is_not_sent_again():
    bench = Bench(taken(FailedItem(0, "no telemetry", final=True), FailedItem(2, "busy")), taken())
    assert bench.send(3) == [ItemError(0, "no telemetry", final=True)]
    assert bench.sent == [[0, 1, 2], [2]]


def test_what_still_fails_after_three_retries_comes_back():
    bench = Bench(*[taken(FailedItem(0, "busy"))] * 4)
    assert bench.send(1) == [ItemError(0, "busy", final=False)]
    assert len(bench.transport.posted) == 4
    assert bench.clock.sleeps == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_retryable_answer_is_tried_again(status):
    bench = Bench(refused(status), taken())
    assert bench.send(2) == []
    assert bench.sent == [[0, 1], [0, 1]]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 301, 204])
def test_a_final_answer_is_not(status):
    bench = Bench(refused(status))
    failed = bench.send(2)
    assert [(each.index, each.final) for each in failed] == [(0, True), (1, True)]
    assert all(str(status) in each.error for each in failed)
    assert bench.clock.sleeps == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_platforms_own_refusal_may_pass_for_half_an_hour(status):
    """While permissions and addresses spread, a platform answers before any function of ours is asked."""
    clock = RigClock()
    foreign = Reply(status, {}, b"<html>Forbidden</html>")
    bench = Bench(*[foreign] * 4, refused(status), *[foreign] * 5, clock=clock)
    assert [each.final for each in bench.send(1)] == [False]
    clock.sleep(SPREADING_S)
    assert [each.final for each in bench.send(1)] == [True], (
        "the function itself refused: that is final, and it answers"
    )
    assert [each.final for each in bench.send(1)] == [False], "and so the time begins anew"
    clock.sleep(SPREADING_S)
    (last,) = bench.send(1)
    assert (last.final, str(status) in last.error, "spreading" in last.error) == (True, True, False)


def test_no_answer_is_tried_again_and_then_comes_back_as_not_final():
    bench = Bench(*[RetryableError("connection refused")] * 4)
    assert bench.send(2) == [ItemError(index, "connection refused", final=False) for index in range(2)]


def test_retry_after_is_respected():
    bench = Bench(refused(429, retry_after="7"), refused(503, retry_after="0"), taken())
    assert bench.send(1) == []
    assert bench.clock.sleeps == [7.0, 2.0]


def test_a_retry_after_that_is_too_long_is_not_waited_for():
    bench = Bench(refused(429, retry_after="3600"))
    assert [each.final for each in bench.send(1)] == [False]
    assert bench.clock.sleeps == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"OK", b"<html>", b"{}", b"[]", b"\xff", b'{"status":"refused","id":"x"}'),
        b'{"status":"received","id":"x","failed":[{"index":7,"error":"e"}]}',
        b'{"status":"received","id":"x","failed":[{"index":-1,"error":"e"}]}',
    ],
)
def test_a_200_that_is_not_ours_proves_nothing(body):
    bench = Bench(Reply(200, {}, body), taken())
    assert bench.send(2) == []
    assert bench.sent == [[0, 1], [0, 1]]


def test_an_open_breaker_posts_nothing_and_waits_for_nothing():
    clock = RigClock()
    breaker = Breaker(clock)
    breaker.failed()
    clock.advance(60)
    breaker.failed()
    bench = Bench(breaker=breaker, clock=clock)
    with pytest.raises(OutageError, match="breaker"):
        bench.send(2)
    assert (bench.transport.posted, clock.sleeps) == ([], [])


def test_the_breaker_hears_of_every_outcome():
    clock = RigClock()
    bench = Bench(*[refused(503)] * 4, refused(401), breaker=(breaker := Breaker(clock)), clock=clock)
    bench.send(1)
    clock.advance(60)
    bench.send(1)  # a 401 is an answer: the other side is there
    breaker.failed()
    assert breaker.allows()


def test_batches_are_cut_by_count():
    bench = Bench(taken(), taken(), taken())
    assert bench.send(2 * MAX_MESSAGES + 1) == []
    assert [len(each) for each in bench.sent] == [MAX_MESSAGES, MAX_MESSAGES, 1]
    assert [number for each in bench.sent for number in each] == list(range(2 * MAX_MESSAGES + 1))


def test_batches_are_cut_by_bytes():
    bench = Bench(*[taken()] * 3)
    big = [reading({"device_id": "d", "text": str(number) * (MAX_BODY_BYTES // 3)}) for number in range(6)]
    assert bench.sender.write_batch(big, TRACE) == []
    plain = [each.plain for each in bench.transport.posted]
    assert all(len(each) <= MAX_BODY_BYTES for each in plain)
    assert [message for each in plain for message in decode(each).messages] == [each.encoded for each in big]


def test_a_message_that_no_request_can_hold_comes_back_as_final_and_the_others_go():
    bench = Bench(taken())
    zero, _, two = readings(3)
    batch = [zero, reading({"device_id": "d", "text": "x" * MAX_BODY_BYTES}), two]
    (failed,) = bench.sender.write_batch(batch, TRACE)
    assert (failed.index, failed.final, str(MAX_BODY_BYTES) in failed.error) == (1, True, True)
    assert bench.sent == [[0, 2]]


def test_failed_indices_are_those_of_the_whole_batch():
    bench = Bench(taken(), taken(FailedItem(5, "no", final=True)))
    assert bench.send(MAX_MESSAGES + 10) == [ItemError(MAX_MESSAGES + 5, "no", final=True)]


def test_large_bodies_are_gzipped_and_small_ones_are_not():
    bench = Bench(taken(), taken())
    for text in ("x", "x" * GZIP_FROM_BYTES):
        bench.sender.write_batch([reading({"device_id": "d", "text": text})], TRACE)
    small, large = bench.transport.posted
    assert "content-encoding" not in small.headers
    assert large.headers["content-encoding"] == "gzip"
    assert large.headers["content-type"] == "application/octet-stream", "as text a Lambda URL would damage it"
    assert len(large.body) < GZIP_FROM_BYTES
    assert values(large.plain, "text") == ["x" * GZIP_FROM_BYTES]


def test_the_token_is_in_no_error():
    for script in ([refused(401)], [RetryableError("dark")] * 4):
        assert "the-token" not in str(Bench(*script).send(1))


FATES = st.sampled_from(["taken", "refused", "busy once", "busy for ever"])


@given(st.lists(FATES, min_size=1, max_size=12))
def test_every_message_is_taken_or_comes_back_and_none_is_both(fates):
    """Against the real receiver: whatever happens to each message, nothing is lost without a word."""
    stored: list[int] = []
    tries = [0] * len(fates)

    def handle(envelope):
        failed = []
        for index, message in enumerate(envelope.messages):
            number = msgspec.json.decode(message)["n"]
            tries[number] += 1
            busy = fates[number] == "busy for ever" or (fates[number] == "busy once" and tries[number] == 1)
            if busy or fates[number] == "refused":
                failed.append(ItemError(index, fates[number], final=not busy))
            else:
                stored.append(number)
        return failed

    transport = ServedTransport()
    transport.served[URL] = lambda request: receive(request, expected=["the-token"], layer=Slot.L2, handle=handle)
    failed = sender(transport, RigClock()).write_batch(readings(len(fates)), TRACE)
    assert sorted(stored) == [n for n, fate in enumerate(fates) if fate in ("taken", "busy once")]
    assert sorted(each.index for each in failed) == [n for n, fate in enumerate(fates) if n not in stored]
    assert all(each.final is (fates[each.index] == "refused") for each in failed)

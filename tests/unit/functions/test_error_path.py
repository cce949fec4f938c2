"""The error path of a cloud: reporter, table, management backend; and what a function lets out of itself."""

import base64
import hashlib
import hmac

import msgspec
import pytest

from tests.rigs.clock import START, RigClock
from tests.rigs.clouds import AWS, AZURE
from tests.rigs.error_sink import RigErrorSink
from tests.rigs.error_store import RigErrorStore, error_event
from tests.rigs.readings import reading
from tests.rigs.twins import twin
from tests.rigs.world import TOKEN, World, run_records
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ErrorEvent, FinalError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.functions.errors.error_reporter import STORED_A_SECOND
from twin2multicloud.functions.errors.error_table_admin import KEPT_DAYS
from twin2multicloud.functions.errors.notifications import BATCH, SIGNATURE
from twin2multicloud.functions.reporting import EVENTS_A_MINUTE, MESSAGE_CHARACTERS, RAW_CHARACTERS, Reporter
from twin2multicloud.ports.dead_letters import Unread
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.wire import queue_records
from twin2multicloud.wire.http import Request, json_response

URL = "https://management.example/errors"
DAY = 86_400


class ErrorPath:
    """The error path of a twin on AWS alone, and a management backend that is up until it is not."""

    def __init__(self, *, url: str = URL) -> None:
        house = World(msgspec.structs.replace(twin(Placement.single(AWS)), management_url=url))
        self.ports = house.ports[AWS]
        self.clock = self.ports.clock
        self.reporter = house.functions["aws.error-reporter"]
        self.admin = house.functions["aws.error-table-admin"]
        self.table: RigErrorStore = self.ports.error_tables["aws.error-table"]
        self.told: list[str] = []
        self.requests: list[Request] = []
        self.transport = house.transport
        self.up()

    def up(self) -> None:
        self.transport.served[URL] = self._take

    def down(self) -> None:
        self.transport.served.pop(URL)

    def report(self, *events: ErrorEvent) -> list[int]:
        return run_records(self.reporter, [msgspec.json.encode(each) for each in events])

    @property
    def stored(self) -> list[ErrorEvent]:
        return list(self.table.newest(BEFORE_ALL, 1_000))

    def _take(self, request: Request):
        self.requests.append(request)
        self.told += [each["id"] for each in msgspec.json.decode(request.body)["errors"]]
        return json_response(200, {})


def ids(*numbers: int) -> list[str]:
    return [error_event(each).id for each in numbers]


def test_an_event_is_stored_and_told_and_one_that_comes_again_is_the_same():
    path = ErrorPath()
    assert path.report(error_event(1), error_event(2)) == []
    path.report(error_event(1))
    assert path.stored == [error_event(2), error_event(1)]
    assert path.told == ids(1, 2, 1), "the backend recognises an event by its id"


def test_the_backend_can_check_who_it_is_from_and_learns_no_token():
    path = ErrorPath()
    path.report(error_event(1))
    (request,) = path.requests
    expected = hmac.new(TOKEN.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers[SIGNATURE] == f"sha256={expected}"
    assert TOKEN not in str(request)


def test_a_cloud_event_with_an_event_is_that_event():
    """As Event Grid puts it into a queue."""
    path = ErrorPath()
    body = {"id": "x", "source": "twin2multicloud", "type": "twin2multicloud.error", "specversion": "1.0"}
    run_records(path.reporter, [msgspec.json.encode({**body, "data": error_event(3)})])
    assert path.stored == [error_event(3)]


def test_an_event_in_base64_is_that_event():
    path = ErrorPath()
    run_records(path.reporter, [base64.b64encode(msgspec.json.encode(error_event(4)))])
    assert path.stored == [error_event(4)]


@pytest.mark.parametrize("body", [b"no json", b"\xff", b"{}", b"[]", b'{"data": {"twin_id": 1}}'])
def test_what_is_no_error_event_is_dead_lettered_as_it_came_and_holds_up_nothing(body):
    path = ErrorPath()
    assert run_records(path.reporter, [body, msgspec.json.encode(error_event(1))]) == []
    assert path.stored == [error_event(1)]
    (letter,) = path.ports.queues["aws.errors-dead-letters"].letters
    assert letter.message == Unread(body)
    assert path.ports.errors.events == [], "what is behind the topic does not report to it"
    assert any("invalid-record" in line for line in path.ports.lines)


def test_with_the_table_dark_events_wait_in_their_queue():
    path = ErrorPath()
    path.table.down = True
    assert path.report(error_event(1), error_event(2)) == [0, 1]
    assert path.ports.errors.events == []
    assert any("delivery-failed" in line and "dark" in line for line in path.ports.lines)
    path.table.down = False
    path.report(error_event(1))
    assert path.stored == [error_event(1)]


def test_with_the_backend_away_for_a_day_nothing_is_lost_and_it_catches_up():
    path = ErrorPath()
    path.down()
    for number in range(24):
        assert path.report(error_event(number)) == [], "stored all the same"
        path.clock.advance(3600)
    assert len(path.stored) == 24
    assert path.told == []
    path.up()
    path.report(error_event(24))
    assert path.told == ids(*range(25)), "oldest first, once each"


def test_without_a_further_event_the_next_run_catches_up():
    path = ErrorPath()
    path.down()
    path.report(*map(error_event, range(10)))
    path.up()
    path.clock.advance(DAY)
    path.admin.run(Trigger.SCHEDULE)
    assert path.told == ids(*range(10))
    path.admin.run(Trigger.SCHEDULE)
    assert len(path.told) == 10


def test_a_backend_that_refuses_is_asked_again_and_never_in_a_hurry():
    path = ErrorPath()
    asked = []
    path.transport.served[URL] = lambda request: asked.append(request) or json_response(401, {})
    for number in range(50):
        path.report(error_event(number))
        path.clock.advance(10)
    assert len(asked) < 25, "500 s: a minute of tries, then the breaker's"
    path.up()
    path.clock.advance(300)
    path.report(error_event(50))
    assert path.told == ids(*range(51))


def test_more_than_one_post_holds_is_several():
    path = ErrorPath()
    path.down()
    path.report(*map(error_event, range(BATCH + 1)))
    path.clock.advance(DAY)
    path.up()
    assert path.admin.run(Trigger.CALL, {"action": "keep-up"}) == {"sent": BATCH + 1, "deleted": 0, "finished": True}
    assert len(path.requests) == 2


def test_without_a_management_url_nothing_is_unsent_and_the_reporter_holds_no_token():
    path = ErrorPath(url="")
    path.report(error_event(1))
    assert (path.stored, list(path.table.unsent(5)), path.requests) == ([error_event(1)], [], [])


def test_what_comes_faster_than_the_pace_waits():
    path = ErrorPath(url="")
    for start in range(0, 300, 50):
        path.report(*(error_event(each) for each in range(start, start + 50)))
    assert sum(path.clock.sleeps) == pytest.approx((300 - 100) / STORED_A_SECOND)
    assert path.table.count() == 300


def test_the_operator_reads_the_newest_events_page_by_page():
    path = ErrorPath()
    path.report(*map(error_event, range(5)))
    first = path.admin.run(Trigger.CALL, {"action": "list", "limit": 3})["errors"]
    last = {"timestamp": first[-1]["timestamp"], "id": first[-1]["id"]}
    second = path.admin.run(Trigger.CALL, {"action": "list", "limit": 3, "before": last})["errors"]
    assert [each["id"] for each in first + second] == ids(4, 3, 2, 1, 0)
    since = error_event(3).timestamp
    assert len(path.admin.run(Trigger.CALL, {"action": "list", "since": since})["errors"]) == 2
    with pytest.raises(FinalError, match="not a question"):
        path.admin.run(Trigger.CALL, {"action": "list", "limit": "many"})


def test_events_are_deleted_after_ninety_days():
    path = ErrorPath(url="")
    path.report(error_event(1))
    path.clock.advance(KEPT_DAYS * DAY)
    path.admin.run(Trigger.SCHEDULE)
    assert len(path.stored) == 1
    path.clock.advance(DAY)
    path.admin.run(Trigger.SCHEDULE)
    assert path.stored == []


# --- what a function lets out of itself ---------------------------------------------------------------------------


def reporter_of(sink: RigErrorSink, clock: RigClock, *secrets: str) -> Reporter:
    return Reporter(sink=sink, clock=clock, twin="house", cloud=AZURE, component="persister", secrets=secrets)


def test_of_one_problem_ten_events_a_minute_leave_an_instance_and_the_rest_is_counted():
    sink, clock = RigErrorSink(), RigClock()
    reporter = reporter_of(sink, clock)
    for _ in range(25):
        reporter.report(ErrorCode.INVALID_TELEMETRY, "again", count=2)
        reporter.failed(ErrorCode.DELIVERY_FAILED, ValueError("another problem, of its own"))
    codes = [each.error_code for each in sink.events]
    assert codes.count("invalid-telemetry") == codes.count("delivery-failed") == EVENTS_A_MINUTE
    clock.advance(60)
    reporter.report(ErrorCode.INVALID_TELEMETRY, "again", count=2)
    assert sink.events[-1].count == 2 + 2 * (25 - EVENTS_A_MINUTE)
    told = sum(each.count for each in sink.events if each.error_code == "invalid-telemetry")
    assert told == 2 * 26, "none is lost from the count"


def test_every_event_has_an_id_of_its_own_even_within_one_moment():
    sink = RigErrorSink()
    reporter = reporter_of(sink, RigClock())
    for _ in range(3):
        reporter.report(ErrorCode.INVALID_TELEMETRY, "again")
    assert len({each.id for each in sink.events} - {""}) == 3


def test_what_a_function_knows_to_be_secret_is_cut_out_of_all_that_it_reports():
    sink = RigErrorSink()
    secret = "s3cr3t-t0k3n-of-the-twin"
    reporter = reporter_of(sink, RigClock(), secret, "")
    reporter.report(ErrorCode.INVALID_TELEMETRY, f"it said {secret}", raw={"header": f"Bearer {secret}"})
    reporter.failed(ErrorCode.DELIVERY_FAILED, ValueError(f"refused with {secret}"))
    reporter.report(ErrorCode.INVALID_TELEMETRY, "x", raw="a" * (RAW_CHARACTERS - 5) + secret)
    assert secret[:5] not in str(sink.events)
    assert "***" in sink.events[0].message


def test_what_an_event_shows_has_an_end():
    sink = RigErrorSink()
    reporter_of(sink, RigClock()).report(ErrorCode.INVALID_TELEMETRY, "m" * 5_000, raw="r" * 50_000)
    (event,) = sink.events
    assert (len(event.message), len(event.raw_data)) == (MESSAGE_CHARACTERS, RAW_CHARACTERS)


def test_a_breaker_that_opens_and_closes_is_an_event_each():
    house = World(twin(msgspec.structs.replace(Placement.single(AWS), l2=AZURE)))
    ports, connector = house.ports[AWS], house.functions["aws.connector"]
    url = "https://azure.ingestion.example"
    ingestion = house.transport.served.pop(url)
    measured = reading({"device_id": "d", "timestamp": START, "message_id": "m", "t": 1.0})
    body = queue_records.encode([measured.encoded], "0" * 31 + "1", START)
    for _ in range(30):
        run_records(connector, [body])
        ports.clock.advance(10)
    changes = [each for each in ports.errors.events if each.error_code.startswith("boundary-")]
    assert [(each.error_code, each.severity) for each in changes] == [("boundary-opened", "CRITICAL")]
    assert "L2 on azure" in changes[0].message
    house.transport.served[url] = ingestion
    ports.clock.advance(300)
    assert run_records(connector, [body]) == []
    assert ports.errors.codes[-1] == "boundary-closed"

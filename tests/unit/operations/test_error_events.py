"""Error events as an operator reads them: page by page from every cloud's table, grouped, followed."""

import msgspec

from tests.rigs.clouds import AWS, AZURE
from tests.rigs.error_store import error_event
from tests.unit.functions.test_error_path import ErrorPath
from twin2multicloud.cli.errors import follow_errors
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.operations.error_events import by_component, grouped_errors, read_errors
from twin2multicloud.ports.error_store import MOST_ERRORS


class Table:
    """An `Invocation` of the real admin of one cloud; `down`: its cloud does not answer."""

    def __init__(self) -> None:
        self.path, self.calls, self.down = ErrorPath(url=""), 0, False

    def call(self, function, arguments):
        assert function == "error-table-admin"
        self.calls += 1
        if self.down:
            raise RetryableError("dark")
        return self.path.admin.run(Trigger.CALL, arguments)


class Twin:
    """What `t2mc errors` asks."""

    def __init__(self) -> None:
        self.tables = {AWS: Table(), AZURE: Table()}

    def errors(self, most, since=""):
        return read_errors(self.tables, most, since)


def numbers(events) -> list[int]:
    return [int(each.id, 16) for each in events]


def test_the_newest_of_all_clouds_are_read_page_by_page_and_a_dark_cloud_is_named():
    twin = Twin()
    events = [error_event(each, at=f"2026-01-15T10:{each // 60:02}:{each % 60:02}.000Z") for each in range(250)]
    twin.tables[AWS].path.table.add(events[::2])
    twin.tables[AZURE].path.table.add(events[1::2])
    found, dark = twin.errors(240)
    assert (numbers(found), dark) == (list(range(249, 9, -1)), [])
    assert twin.tables[AWS].calls == 2, f"125 events in pages of {MOST_ERRORS}"
    assert numbers(twin.errors(1_000, events[245].timestamp)[0]) == [249, 248, 247, 246, 245]
    twin.tables[AZURE].down = True
    found, dark = twin.errors(3)
    assert (numbers(found), dark) == ([248, 246, 244], [AZURE])


def test_a_problem_has_a_first_and_a_last_time_and_all_of_its_count():
    events = [msgspec.structs.replace(error_event(each), count=each + 1, message=f"byte {each}") for each in range(4)]
    other = msgspec.structs.replace(error_event(9), component="persister")
    groups = grouped_errors([other, *events[::-1]])
    assert [(each.component, each.messages) for each in groups] == [("persister", 1), ("dispatcher", 10)]
    assert (groups[1].first, groups[1].newest) == (events[0].timestamp, events[3].timestamp)
    assert by_component(groups) == {"dispatcher": 10, "persister": 1}


def test_following_gives_each_event_once_late_ones_and_those_of_a_cloud_that_comes_back_too():
    twin = Twin()
    table = twin.tables[AWS].path.table
    table.add([error_event(10)])
    late = twin.tables[AZURE]
    late.down = True
    late.path.table.add([error_event(2)])

    def meanwhile(_: float) -> None:
        if not table.newest("0000", 1) or table.count() == 1:
            table.add([error_event(20), error_event(5)])
        else:
            late.down = False

    followed = follow_errors(twin, "", sleep=meanwhile, rounds=4)
    assert numbers(followed) == [10, 5, 20, 2]

"""What was refused to devices: counted by kind, bounded in rows and in lines, whatever a client calls itself."""

import logging

import pytest

from twin2multicloud.emulator.delivery.rejections import ROWS, Rejections


class Bench:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.rejections = Rejections(logging.getLogger("t2mc.test"), lambda: self.now)

    def note(self, who: str = "d1", topic: str = "t") -> bool:
        return self.rejections.note(who=who, address="10.0.0.7", topic=topic, reason="not yours")


def test_a_kind_is_one_row_and_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    said = [bench.note() for _ in range(5)]
    bench.now += 61
    said.append(bench.note())
    assert said == [True, False, False, False, False, True]
    (row,) = bench.rejections.rows()
    assert (row.who, row.address, row.topic, row.reason, row.count) == ("d1", "10.0.0.7", "t", "not yours", 6)
    assert (row.first, row.last) == (1_000_000.0, 1_000_061.0)
    assert caplog.messages == [
        "rejected 'd1' from 10.0.0.7 for topic 't': not yours",
        "rejected 'd1' from 10.0.0.7 for topic 't': not yours (5 times)",
    ]


def test_rows_and_lines_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    for number in range(3 * ROWS):
        bench.note(f"d{number}")
    rows = bench.rejections.rows()
    assert [row.who for row in rows[:2]] == [f"d{3 * ROWS - 1}", f"d{3 * ROWS - 2}"]
    assert len(rows) == ROWS
    assert 0 < len(caplog.messages) <= 120  # 60 a minute; the clock may be at the end of one


def test_what_a_client_calls_itself_is_shown_as_text() -> None:
    bench = Bench()
    bench.note("evil\nrejected 'nobody'\x1b[2J", "x" * 10_000)
    (row,) = bench.rejections.rows()
    assert "\n" not in row.who
    assert "\x1b" not in row.who
    assert len(row.topic) < 200

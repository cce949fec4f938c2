"""A recording is read a second way: it agrees with what the file says, and notices what the first way misread."""

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fleet.test_recordings import of_double, recording
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.fleet.csv_text import rows, split
from twin2multicloud.fleet.recordings import DeviceColumn, Mapping
from twin2multicloud.fleet.second_reading import differences

EVERY_TYPE = Mapping(
    time="when",
    device=DeviceColumn(column="who", pattern="node-{}"),
    properties={"string": "s", "double": "d", "integer": "i", "long": "l", "boolean": "b"},
)
TABLE = '''when,who,s,d,i,l,b
2024-01-01T00:00:00+01:00,1,"a, ""b""",0.1,21.0,9007199254740993,true
2024-01-01T00:00:00.1239Z,2,,1e400,3,,0
20240101,3,x,1.2300000000000000001,,1,FALSE
1704067200123,1,,,,5,
'''


def test_two_readings_of_a_good_file_agree() -> None:
    read = recording(TABLE, EVERY_TYPE)
    assert len(read.readings) == 4
    assert [each.text for each in read.left_out] == ["1e400"]
    assert differences(read, "file.csv") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"timestamp": "2024-01-01T00:00:00.000Z"}, "line 2: the time is 2023-12-31T23:00:00.000Z"),
        ({"device_id": "node-2"}, "line 2: the device is '1'"),
        ({"string": "a"}, "line 2, column 29: string is 'a, \"b\"', read 'a'"),
        ({"double": 0.2}, "line 2, column 40: double is '0.1', read 0.2"),
        ({"long": 9007199254740992}, "long is '9007199254740993', read 9007199254740992"),
        ({"boolean": False}, "boolean is 'true', read False"),
    ],
)
def test_what_the_first_reading_got_wrong_is_named_with_its_place(change: dict, says: str) -> None:
    read = recording(TABLE, EVERY_TYPE)
    wrong = msgspec.structs.replace(read, readings=[{**read.readings[0], **change}, *read.readings[1:]])
    (difference,) = differences(wrong, "file.csv")
    assert says in difference


def test_a_row_or_a_value_that_the_first_reading_lost_is_noticed() -> None:
    read = recording(TABLE, EVERY_TYPE)
    short = msgspec.structs.replace(read, readings=read.readings[:-1])
    assert differences(short, "file.csv") == ["file.csv: found 4 rows, read 3"]
    assert differences(short, "file.csv", limit=3) == []
    without = {name: value for name, value in read.readings[0].items() if name != "integer"}
    (lost,) = differences(msgspec.structs.replace(read, readings=[without, *read.readings[1:]]), "file.csv")
    assert "integer is '21.0', read None" in lost


def test_both_readings_find_the_same_instants_in_the_hour_that_comes_twice() -> None:
    times = ("01:30", "02:30", "02:00", "02:30", "03:30")
    text = "when,value\n" + "".join(f"26.10.2025 {each}:00,1\n" for each in times)
    read = recording(text, of_double(time_zone="Europe/Berlin", time_format="%d.%m.%Y %H:%M:%S"))
    assert differences(read, "file.csv") == []


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6), st.sampled_from(",;\t|"))
def test_both_parsers_split_what_the_standard_library_writes(table: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    text = written.getvalue()
    assert [[cell.text for cell in row] for row in split(text, delimiter, "f")] == table
    assert [row for _, row in rows(text, delimiter, "f")] == table


@given(st.text(',;"\n ab\r', max_size=30))
def test_both_parsers_agree_on_any_text_or_refuse_it(text: str) -> None:
    def read(parser) -> list | None:
        try:
            return [[cell if isinstance(cell, str) else cell.text for cell in row] for row in parser]
        except ConfigurationError:
            return None

    assert read(split(text, ",", "f")) == read(row for _, row in rows(text, ",", "f"))

"""The format of cold and archive: names and bytes follow from the readings, and damage is noticed."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.readings import reading
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.functions.storage.chunks import (
    MAX_CHUNK_BYTES,
    device_prefix,
    next_chunk,
    read_name,
    readings_in,
    verify,
)

MORNING = 1_768_471_200_000  # 2026-01-15T10:00Z


def made(milliseconds: int, device: str = "d", **values: object) -> Reading:
    stamp = from_milliseconds(milliseconds)
    return reading({"device_id": device, "timestamp": stamp, "message_id": str(milliseconds), **(values or {"t": 1})})


devices = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.lists(st.integers(0, 86_400_000 * 3), min_size=1, max_size=20, unique=True).map(sorted)


@given(device=devices, offsets=times)
def test_what_goes_in_comes_out_and_the_name_says_what_it_is(device: str, offsets: list[int]) -> None:
    left = [made(MORNING + offset, device) for offset in offsets]
    names = []
    while chunk := next_chunk(left):
        text = str(chunk.name)
        assert verify(text, chunk.body) == chunk.name == read_name(text)
        assert text.startswith(device_prefix(device))
        assert text.count("/") == 2
        found = list(readings_in(text, chunk.body))
        assert found == left[: len(found)]
        assert {one.key.timestamp[:10] for one in found} == {chunk.name.day}
        assert chunk == next_chunk(left), "the same readings are the same bytes"
        left = left[len(found) :]
        names.append(text)
    assert names == sorted(names), "names are in the order of time"


def test_a_day_of_many_bytes_is_several_chunks() -> None:
    many = [made(MORNING + number, note="x" * 100_000) for number in range(50)]
    chunk = next_chunk(many)
    assert chunk is not None
    plain = gzip.decompress(chunk.body)
    assert len(plain) <= MAX_CHUNK_BYTES
    assert len(chunk.keys) == 39


def test_no_readings_are_no_chunk() -> None:
    assert next_chunk([]) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, body: (name, body[:-9]), "not one complete gzip member"),
        (lambda name, body: (name, gzip.compress(gzip.decompress(body) + b"\n")), "not a reading"),
        (lambda name, body: (name, gzip.compress(gzip.decompress(body).replace(b":1}", b":2}"))), "not what the name"),
        (lambda name, body: (name.replace("device=d", "device=e"), body), "not what the name says"),
        (lambda name, body: (name.replace("-2-", "-3-"), body), "not what the name says"),
        (lambda name, body: ("../../etc/passwd", body), "is not the name of a chunk"),
        (lambda name, body: (name, b"hello"), "gzip"),
    ],
)
def test_damage_is_noticed(change, why) -> None:
    chunk = next_chunk([made(MORNING), made(MORNING + 1)])
    assert chunk is not None
    with pytest.raises(FinalError, match=why):
        verify(*change(str(chunk.name), chunk.body))

"""gzip: what is packed comes back, and nothing inflates past the limit."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.wire.compression import compress, decompress
from twin2multicloud.wire.limits import GZIP_FROM_BYTES, MAX_BODY_BYTES


def refused(body: bytes) -> FinalError:
    with pytest.raises(FinalError) as caught:
        decompress(body)
    return caught.value


@given(st.binary(max_size=64), st.integers(1, 2 * GZIP_FROM_BYTES))
def test_what_is_packed_comes_back(seed, size):
    body = ((seed or b"x") * size)[:size]
    packed, zipped = compress(body)
    assert zipped is (size >= GZIP_FROM_BYTES)
    assert (decompress(packed) if zipped else packed) == body


def test_any_gzip_is_read():
    assert decompress(gzip.compress(b"hello")) == b"hello"


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_of_the_plain_body(over):
    packed = gzip.compress(b"x" * (MAX_BODY_BYTES + over))
    if over:
        error = refused(packed)
        assert (error.status, str(MAX_BODY_BYTES) in str(error)) == (413, True)
    else:
        assert len(decompress(packed)) == MAX_BODY_BYTES


def test_a_bomb_is_refused_without_being_inflated():
    bomb = gzip.compress(b"\0" * 100_000_000)
    tracemalloc.start()
    try:
        assert refused(bomb).status == 413
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MAX_BODY_BYTES


GOOD = gzip.compress(b"hello" * 1000)


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"no gzip", GOOD[:-3], GOOD[:20], GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:], GOOD + b"junk", GOOD + GOOD],
    ids=["empty", "plain", "cut", "header", "checksum", "trailing", "two-members"],
)
def test_what_is_not_one_whole_gzip_member_is_a_400(spoilt):
    assert refused(spoilt).status == 400


@given(st.binary(max_size=100), st.integers(0, len(GOOD)))
def test_any_bytes_are_gzip_or_a_refusal(noise, cut):
    for body in (noise, GOOD[:cut] + noise):
        try:
            plain = decompress(body)
        except FinalError as error:
            status = error.status
            assert status in (400, 413)
        else:
            assert gzip.decompress(body) == plain

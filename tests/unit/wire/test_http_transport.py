"""Answers of HTTP/1.1 servers as they come: framed in every way that RFC 9112 knows, cut off, or not HTTP at all."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.http_transport import HttpTransport, read_answer

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "reply", "stays_open"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Reply(200, {"content-length": "2"}, b"ok"), True),
        (b"HTTP/1.1 503\r\nRetry-After:  7 \r\nContent-Length:0\r\n\r\n", 503, True),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Reply(200, {"content-length": "2"}, b"ok"), True),
        (CHUNKED + b"3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", b"abc0123456789", True),
        (CHUNKED + b"0\r\n\r\n", b"", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Reply(204, {}, b""), True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", Reply(200, {}, b"to the end"), False),
    ],
)
def test_an_answer_is_read_as_it_is_framed(answer, reply, stays_open):
    stream = BytesIO(answer)
    found, may_follow = read_answer(stream)
    whole = {int: found.status, bytes: found.body}.get(type(reply), found)
    assert (whole, may_follow) == (reply, stays_open)
    assert stream.read() == b""


def test_answers_follow_one_another():
    stream = BytesIO(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none" + CHUNKED + b"3\r\ntwo\r\n0\r\n\r\n")
    assert [read_answer(stream)[0].body for _ in range(2)] == [b"one", b"two"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 yes\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(300)) + b"\r\n",
        CHUNKED + b"3\r\nab",
        CHUNKED + b"x\r\nab",
        CHUNKED,
    ],
)
def test_anything_else_is_no_answer(answer):
    with pytest.raises(ConnectionError):
        read_answer(BytesIO(answer))


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest))
def test_whatever_comes_is_an_answer_or_no_answer(answer):
    try:
        reply, _ = read_answer(BytesIO(answer))
    except ConnectionError:
        return
    assert isinstance(reply, Reply)


@pytest.mark.parametrize("url", ["ftp://x/", "//x", "x", "https:///path"])
def test_an_endpoint_is_reached_by_http_only(url):
    with pytest.raises(ConfigurationError, match="https://"):
        HttpTransport().post(url, {}, b"", 1)


def test_a_name_that_does_not_exist_is_retryable():
    with pytest.raises(RetryableError, match="no answer from"):
        HttpTransport().post("http://nowhere.invalid/", {}, b"", 1)

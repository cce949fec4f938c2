"""What a transport does: one exchange, whole both ways; any status is an answer, and no answer is retryable."""

import pytest

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.wire.http import Request, Response

HEADERS = {"content-type": "application/json", "x-inter-cloud-token": "t", "traceparent": "00-a-b-01"}


def post(rig, url: str, body: bytes = b"{}", timeout: float = 5.0):
    return rig.transport.post(url, HEADERS, body, timeout)


@pytest.mark.parametrize("status", [200, 202, 400, 401, 404, 413, 429, 500, 503])
def test_any_status_is_an_answer(transport_rig, status):
    url = transport_rig.serve(lambda _: Response(status, {"retry-after": "7"}, b'{"status":"x"}'))
    reply = post(transport_rig, url)
    assert (reply.status, reply.body) == (status, b'{"status":"x"}')
    assert reply.headers["retry-after"] == "7"


@pytest.mark.parametrize("size", [0, 1, 4_096, 4 * 1024 * 1024])
def test_bytes_arrive_whole_both_ways(transport_rig, size):
    body = bytes(range(256)) * (size // 256 + 1)
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200, {}, request.body[::-1])

    reply = post(transport_rig, transport_rig.serve(answer), body[:size])
    assert seen[0].method == "POST"
    assert seen[0].body == body[:size]
    assert reply.body == body[:size][::-1]


def test_headers_arrive(transport_rig):
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200, {}, b"")

    post(transport_rig, transport_rig.serve(answer))
    assert {name: seen[0].headers[name] for name in HEADERS} == HEADERS


def test_header_names_of_an_answer_are_lower_case(transport_rig):
    reply = post(transport_rig, transport_rig.serve(lambda _: Response(200, {"retry-after": "1"}, b"")))
    assert all(name == name.lower() for name in reply.headers)


def test_exchanges_follow_one_another(transport_rig):
    url = transport_rig.serve(lambda request: Response(200, {}, request.body))
    other = transport_rig.serve(lambda _: Response(404, {}, b"no"))
    assert [post(transport_rig, url, b"%d" % number).body for number in range(20)] == [b"%d" % n for n in range(20)]
    assert post(transport_rig, other).status == 404
    assert post(transport_rig, url, b"again").body == b"again"


def test_a_refused_connection_is_retryable(transport_rig):
    with pytest.raises(RetryableError):
        post(transport_rig, transport_rig.dark())


def test_no_answer_in_time_is_retryable_and_the_transport_lives_on(transport_rig):
    with pytest.raises(RetryableError):
        post(transport_rig, transport_rig.silent(), timeout=0.2)
    url = transport_rig.serve(lambda _: Response(200, {}, b"well"))
    assert post(transport_rig, url).body == b"well"

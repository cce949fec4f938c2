"""A page's token may come in a header, for clients that cannot put it into a JSON body."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from twin2multicloud.functions.storage.reader_function import NEXT_TOKEN, endpoint_of
from twin2multicloud.wire.http import Request

HEADERS = {"x-inter-cloud-token": "t"}


def echo(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return arguments


def ask(body: Mapping[str, Any], **headers: str) -> Any:
    request = Request("POST", "/hot-reader", {**HEADERS, **headers}, msgspec.json.encode(body))
    return msgspec.json.decode(endpoint_of(["t"], echo)(request).body)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"iotDeviceId": "d"}, {"iotDeviceId": "d", "nextToken": "page-2"}),
        ({"nextToken": "page-1"}, {"nextToken": "page-2"}),
        ({"payload": {"iotDeviceId": "d"}}, {"payload": {"iotDeviceId": "d", "nextToken": "page-2"}}),
    ],
    ids=["plain", "over the body's", "envelope"],
)
def test_the_header_says_where_a_page_starts(body: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    assert ask(body, **{NEXT_TOKEN: "page-2"}) == read


def test_without_the_header_the_body_says_it() -> None:
    assert ask({"nextToken": "page-1"}) == {"nextToken": "page-1"}


def test_the_header_opens_nothing_without_the_token() -> None:
    request = Request("POST", "/hot-reader", {NEXT_TOKEN: "page-2"}, b"{}")
    assert endpoint_of(["t"], echo)(request).status == 401

"""Fetching prices without a terminal or a network: what is written and reported; a failure writes nothing."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import trustme

from tests.rigs.clouds import AWS, AZURE
from tests.unit.costs.recorded_source import RecordedSource
from tests.unit.costs.test_azure_fetch import PAGES, page
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.progress import Progress
from twin2multicloud.operations.prices import HttpsPriceSource, fetch_prices, load_book


def test_a_snapshot_is_written_under_its_date_and_each_step_is_reported(tmp_path: Path) -> None:
    told: list[Progress] = []
    written = fetch_prices(
        PriceBook.shipped(), (AZURE,), tmp_path / "new", told.append, source=RecordedSource(PAGES, page())
    )
    ((path, fetched),) = written.items()
    assert path.name == f"azure-westeurope-{fetched.prices.date}.json"
    assert load_book(path)[AZURE] == fetched.prices
    assert load_book(path)[AWS] == PriceBook.shipped()[AWS]
    assert {each.job for each in told} == {"prices"}
    assert {each.cloud for each in told} == {AZURE}


def test_one_list_that_cannot_be_had_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    dark = RecordedSource({**PAGES, "/offers/": RetryableError("cannot be reached")}, page())
    with pytest.raises(RetryableError, match="cannot be reached"):
        fetch_prices(PriceBook.shipped(), (AZURE, AWS), tmp_path / "new", lambda _: None, source=dark)
    assert not (tmp_path / "new").exists()


class Throttled(http.server.BaseHTTPRequestHandler):
    """Answers what is on its list, one after the other."""

    answers: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        answer = self.answers.pop(0)
        self.send_response(200 if answer in ("whole", "cut") else int(answer.split()[0]))
        if " " in answer:
            self.send_header("retry-after", answer.split()[1])
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"who" if answer == "cut" else b"whole")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def price_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its URL; over HTTPS, since nothing else is fetched."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "trust.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trust.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with http.server.ThreadingHTTPServer(("localhost", 0), Throttled) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"https://localhost:{server.server_port}/prices"
        server.shutdown()
        thread.join(5)


def test_a_list_that_is_throttled_or_cut_off_is_asked_again(price_list: str) -> None:
    waited: list[float] = []
    source = HttpsPriceSource(waited.append)
    Throttled.answers[:] = ["429 7", "cut", "whole"]
    assert source.get(price_list, {}) == b"whole"
    assert waited == [7.0, 4.0]


def test_what_is_not_to_be_had_is_one_sentence(price_list: str) -> None:
    source = HttpsPriceSource(lambda _: None)
    Throttled.answers[:] = ["cut", "cut", "cut"]
    with pytest.raises(RetryableError, match=r"cannot be reached \(IncompleteRead.*nothing was written"):
        source.get(price_list, {})
    Throttled.answers[:] = ["503 3600"]  # an hour is not waited for
    with pytest.raises(RetryableError, match="answered 503"):
        source.get(price_list, {})
    Throttled.answers[:] = ["404"]
    with pytest.raises(FinalError, match="answered 404"):
        source.get(price_list, {})
    assert Throttled.answers == []

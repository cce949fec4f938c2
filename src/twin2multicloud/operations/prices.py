"""Price books on disk, and new ones from the vendors' lists. Owns their file names and the socket to the lists."""

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

from twin2multicloud.costs.fetching import Fetched, PriceSource
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.snapshots import decode_prices, encode_prices
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Report
from twin2multicloud.planning.clouds import fetcher_of
from twin2multicloud.wire.retry import parse_retry_after

_PAUSES_S, _PATIENCE_S = (1.0, 4.0), 120.0
"""Between attempts, where the vendor says nothing; and the longest that it may ask for."""
_TIMEOUT = 120.0  # s; an offer file of AWS has several megabytes


class HttpsPriceSource:
    """A `PriceSource` on the standard library's HTTPS client. Asks again where a list is throttled or cut off."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises RetryableError (unreachable, throttled, cut off, 5xx), FinalError (refused)."""
        if not url.startswith("https://"):
            raise FinalError(f"a price list must be fetched over https, found {url}")
        full = f"{url}?{urllib.parse.urlencode(query)}" if query else url
        for pause in _PAUSES_S:
            try:
                return self._read(full)
            except RetryableError as error:
                wait = pause if error.retry_after is None else error.retry_after
                if wait > _PATIENCE_S:
                    raise
                self._sleep(wait)
        return self._read(full)

    def _read(self, url: str) -> bytes:
        host = urllib.parse.urlsplit(url).netloc
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - https, checked above
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            said = f"{host} answered {error.code}; nothing was written"
            if error.code == 429 or error.code >= 500:
                raise RetryableError(said, parse_retry_after(error.headers.get("retry-after"))) from error
            raise FinalError(said) from error
        except (OSError, HTTPException) as error:  # HTTPException: the connection was cut within an answer
            raise RetryableError(f"{host} cannot be reached ({error}); nothing was written") from error


def load_book(path: Path | None) -> PriceBook:
    """The shipped book, with the clouds of a file or folder in place of its own; of several for a cloud the newest.

    Raises ConfigurationError that names the file.
    """
    shipped = PriceBook.shipped()
    if path is None:
        return shipped
    if not path.exists():
        raise ConfigurationError(f"{path}: no such file or folder of price books; make one with t2mc prices fetch")
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    read = [decode_prices(each.read_bytes(), str(each)) for each in files]
    if not read:
        raise ConfigurationError(f"{path}: no price book (*.json) in this folder")
    newest = sorted(read, key=lambda each: each.date)
    return PriceBook.of(*shipped.clouds.values(), *newest)


def fetch_prices(
    book: PriceBook,
    clouds: Iterable[Cloud],
    folder: Path,
    report: Report,
    *,
    google_api_key: str = "",
    source: PriceSource | None = None,
) -> dict[Path, Fetched]:
    """Fetch new prices for the meters of a book; what was written, a file per cloud, named by region and day (UTC).

    All clouds, or none where one cannot be had: raises what their fetchers raise. `source` is HTTPS if not given.
    """
    source, today = source or HttpsPriceSource(), datetime.now(UTC).date().isoformat()
    fetched = [fetcher_of(cloud)(book[cloud], source, report, today, google_api_key) for cloud in clouds]
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for each in fetched:
        path = folder / f"{each.prices.cloud}-{each.prices.region}-{each.prices.date}.json"
        path.write_bytes(encode_prices(each.prices))
        written[path] = each
    return written

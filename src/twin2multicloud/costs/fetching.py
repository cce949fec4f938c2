"""Prices from the vendors' own price lists: what all fetchers share. Owns the port and the new snapshot.

The socket is behind `PriceSource`; nothing here opens one. A meter that is not found, or found twice with different
prices, keeps its old figure and is named: a guess would be worse than a date.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from twin2multicloud.costs.prices import CloudPrices, Price, Tier
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report

Rates = tuple[tuple[float, float], ...]
"""(from this many units of a month on, price of one unit), rising."""


class PriceSource(Protocol):
    """A GET over HTTPS."""

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises RetryableError, FinalError."""
        ...


def announce(report: Report, cloud: Cloud, message: str) -> None:
    """Report one step of a price fetch."""
    report(Progress(job="prices", cloud=cloud, message=message))


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A new snapshot, and the meters that kept their old figure, each with the reason."""

    prices: CloudPrices
    kept: dict[str, str]


class Fetcher(Protocol):
    """Takes one cloud's price list. `api_key` is for the one that asks for a key; the others do without."""

    def __call__(self, old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:
        """A new snapshot of a region. Raises RetryableError, FinalError."""
        ...


class Found(msgspec.Struct, frozen=True):
    """The rows of a price list that a meter's rule picked; one of them, or the rule is not sharp enough."""

    rates: tuple[Rates, ...]
    source: str


_Page = TypeVar("_Page")


def decode(raw: bytes, page: type[_Page], what: str) -> _Page:
    """A page of a price list. Raises FinalError."""
    try:
        return msgspec.json.decode(raw, type=page)
    except msgspec.DecodeError as error:
        raise FinalError(f"{what} did not answer as documented: {error}") from error


def new_snapshot(old: CloudPrices, found: Mapping[str, Found], date: str) -> Fetched:
    """The old snapshot with every figure replaced that was found without doubt."""
    prices, kept = dict(old.prices), {}
    for meter, price in old.prices.items():
        rows = found.get(meter, Found((), ""))
        distinct = set(rows.rates)
        if len(distinct) == 1:
            prices[meter] = _replaced(price, distinct.pop(), f"{rows.source}, fetched {date}")
        else:
            kept[meter] = f"{len(distinct)} different rows match" if distinct else "no row matches"
    return Fetched(prices=msgspec.structs.replace(old, date=date, prices=prices), kept=kept)


def _replaced(old: Price, rates: Rates, source: str) -> Price:
    """The price with the list's figures. Free units that the list does not say (account-wide tiers) stay."""
    paid = [(start, price) for start, price in rates if price > 0]
    free = paid[0][0] if paid[0][0] > 0 else old.free
    further = tuple(Tier(start, price * old.per) for start, price in paid[1:] if start > free)
    price = paid[0][1] * old.per
    return msgspec.structs.replace(old, price=price, free=free, further=further, source=source, confirmed=True)


def rates_of(rows: Iterable[tuple[float, float]]) -> Rates:
    """Rates from (start, price) rows in any order; nothing where no row has a price above 0."""
    ordered = tuple(sorted(set(rows)))
    return ordered if any(price > 0 for _, price in ordered) else ()


def collected(rows: Sequence[Rates], source: str) -> Found:
    """What a rule found, without rows that have no price."""
    return Found(tuple(each for each in rows if each), source)

"""Prices from the vendors' own price lists: what all fetchers share. Owns the port and the new snapshot.

The socket is behind `PriceSource`; nothing here opens one. A meter that is not found, or found twice with different
prices, keeps its old figure and is named: a guess would be worse than a date.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

import msgspec

from twin2multicloud.costs.prices import CloudPrices, Price, Tier
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.planning.clouds import label_of

Rates = tuple[tuple[float, float], ...]
"""(from this many units of a month on, price of one unit), rising."""


class PriceSource(Protocol):
    """A GET over HTTPS."""

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises RetryableError, FinalError."""
        ...


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A new snapshot, and the meters that kept their old figure, each with the reason."""

    prices: CloudPrices
    kept: dict[str, str]


class Fetcher(Protocol):
    """Takes one cloud's price list. `api_key` is for the one that asks for a key; the others do without."""

    def __call__(self, old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:
        """A new snapshot of a region. Raises RetryableError, FinalError."""
        ...


_Page = TypeVar("_Page")


def decode(raw: bytes, page: type[_Page], what: str) -> _Page:
    """A page of a price list. Raises FinalError."""
    try:
        return msgspec.json.decode(raw, type=page)
    except msgspec.DecodeError as error:
        raise FinalError(f"{what} did not answer as documented: {error}") from error


class PriceRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What picks a meter's rows out of the price list of a service. A cloud's rules are in ``price_lists``.

    A meter without a rule keeps its figure: a list price of a page of its own, or a service billed by something else.
    """

    service: str


_R = TypeVar("_R", bound=PriceRule)
Pick = Callable[[_R], Iterable[Rates]]
"""From a meter's rule to the rates of each row that it picks."""


def fetched(
    old: CloudPrices,
    rules: Mapping[str, _R],
    read: Callable[[str], Pick[_R] | None],
    report: Report,
    date: str,
    api: str,
) -> Fetched:
    """The old snapshot with every figure replaced that was found without doubt.

    `read` takes one service's list; None where the cloud has no such service.
    """
    label = label_of(old.cloud)

    def announce(message: str) -> None:
        report(Progress(job="prices", cloud=old.cloud, message=message))

    announce(f"Fetching {label} {old.region} prices…")
    found: dict[str, set[Rates]] = {}
    for service in dict.fromkeys(rule.service for rule in rules.values()):
        announce(f"{label} {old.region}: {service}")
        pick = read(service)
        for meter, rule in rules.items():
            if pick is not None and rule.service == service:
                found[meter] = {each for each in pick(rule) if each}  # a row without a price is none
    prices, kept = dict(old.prices), {}
    for meter, price in old.prices.items():
        distinct = found.get(meter, set())
        if len(distinct) == 1:
            source = f"{api}, {rules[meter].service} {old.region}, fetched {date}"
            prices[meter] = _replaced(price, distinct.pop(), source)
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
    """Rates from (start, price) rows in any order; nothing where no row has a price above 0.

    Nothing either where two prices begin at one place: which of them holds is not to be guessed.
    """
    ordered = tuple(sorted(set(rows)))
    contradicts = len({start for start, _ in ordered}) < len(ordered)
    return ordered if any(price > 0 for _, price in ordered) and not contradicts else ()


_Row = TypeVar("_Row")


def in_force(rows: Iterable[_Row], since: Callable[[_Row], str], date: str) -> list[_Row]:
    """Of rows that replace one another, those that hold on a day: the latest to have begun.

    `since` gives when a row begins, an ISO stamp or empty for always. Two that began together are both given.
    """
    begun = [each for each in rows if since(each)[: len(date)] <= date]
    latest = max(map(since, begun), default="")
    return [each for each in begun if since(each) == latest]

"""The price book: every list price as a value, with its region, unit, currency, date and source.

Owns what a price is and that none is missing or zero; must not know what a twin uses of it, nor read a file.
"""

import hashlib
import math
from collections.abc import Callable, Mapping

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import known_clouds, label_of, pack

Pricer = Callable[[float], float]
"""What a quantity of a month costs, in USD."""


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `above` units of a month on (the free ones counted), a unit costs `price` per `Price.per` units."""

    above: float
    price: float


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One list price: `price` in the book's currency for `per` units, the first `free` of a month for nothing.

    `further` are the cheaper prices of larger volumes. `confirmed` says whether `source` was read for this very figure;
    where it was not, `source` says what the figure rests on.
    """

    price: float
    unit: str
    source: str
    per: float = 1
    free: float = 0
    further: tuple[Tier, ...] = ()
    confirmed: bool = False

    def scaled(self, factor: float) -> "Price":
        """The same price, `factor` times as high; its free units stay."""
        further = tuple(Tier(tier.above, tier.price * factor) for tier in self.further)
        return msgspec.structs.replace(self, price=self.price * factor, further=further)

    def pricer(self, *, free_tiers: bool = True) -> Pricer:
        """What a month's quantity costs: a plain product where there is one price and nothing free, else a ladder."""
        free = self.free if free_tiers else 0.0
        unit_price = self.price / self.per
        if not free and not self.further:
            return unit_price.__mul__
        if not self.further:
            return lambda quantity: (quantity - free) * unit_price if quantity > free else 0.0
        steps = self._steps(free, unit_price)
        return lambda quantity: _climb(quantity, steps)

    def _steps(self, free: float, unit_price: float) -> tuple[tuple[float, float, float], ...]:
        """(where a tier starts, its unit price, what everything below it costs)."""
        steps, start, price, cost = [], free, unit_price, 0.0
        for tier in self.further:
            steps.append((start, price, cost))
            cost += (tier.above - start) * price
            start, price = tier.above, tier.price / self.per
        return (*steps, (start, price, cost))

    @property
    def linear(self) -> bool:
        """Whether a unit costs the same whatever the volume."""
        return not self.free and not self.further


def _climb(quantity: float, steps: tuple[tuple[float, float, float], ...]) -> float:
    cost = 0.0
    for start, price, below in steps:
        if quantity <= start:
            break
        cost = below + (quantity - start) * price
    return cost


class CloudPrices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cloud's prices in one region, as of a date. `country` is where that region's data lie (ISO 3166)."""

    cloud: Cloud
    region: str
    country: str
    date: str
    currency: str
    prices: dict[str, Price]

    def __post_init__(self) -> None:
        if self.currency != "USD":
            raise ConfigurationError(
                f"prices: {label_of(self.cloud)} {self.region} is in {self.currency}, expected USD: "
                "books of different currencies cannot be compared"
            )
        for meter, price in self.prices.items():
            self._check(meter, price)

    def _check(self, meter: str, price: Price) -> None:
        amounts = [price.price, *(tier.price for tier in price.further)]
        if not all(math.isfinite(each) and each > 0 for each in amounts) or not price.per > 0:
            raise ConfigurationError(
                f"prices: {label_of(self.cloud)} {self.region}: {meter} is {min(amounts)}, expected a price above 0: "
                "a missing price must not count as free"
            )
        starts = [price.free, *(tier.above for tier in price.further)]
        if price.free < 0 or starts != sorted(starts):
            raise ConfigurationError(
                f"prices: {label_of(self.cloud)} {self.region}: the tiers of {meter} are not in rising order: {starts}"
            )


class PriceBook(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of every cloud that may be asked for."""

    clouds: Mapping[Cloud, CloudPrices]

    @classmethod
    def of(cls, *books: CloudPrices) -> "PriceBook":
        """A book of each cloud's prices."""
        return cls(clouds={each.cloud: each for each in books})

    @classmethod
    def shipped(cls) -> "PriceBook":
        """The curated list prices that come with every registered cloud.

        >>> PriceBook.shipped().price("aws", "lambda.request").unit
        'requests'
        """
        return cls.of(*(each for cloud in known_clouds() for each in pack(cloud).shipped_prices()))

    def price(self, cloud: Cloud, meter: str) -> Price:
        """One price. Raises ConfigurationError where the book has none."""
        prices = self[cloud].prices
        if meter not in prices:
            raise ConfigurationError(
                f"prices: {label_of(cloud)} {self[cloud].region} ({self[cloud].date}) has no price for {meter}; "
                "a missing price does not count as free: add it, or run t2mc prices fetch"
            )
        return prices[meter]

    def __getitem__(self, cloud: Cloud) -> CloudPrices:
        """The prices of one cloud. Raises ConfigurationError where the book has none."""
        if cloud not in self.clouds:
            raise ConfigurationError(f"prices: the price book has no prices for {label_of(cloud)}")
        return self.clouds[cloud]

    def scaled(self, factor: float, cloud: Cloud | None = None, meter: str | None = None) -> "PriceBook":
        """The book with its prices `factor` times as high: all of them, one cloud's, or a single one."""

        def scaled(book: CloudPrices) -> CloudPrices:
            meters = book.prices if meter is None else {meter} & book.prices.keys()
            prices = {name: book.prices[name].scaled(factor) for name in meters}
            return msgspec.structs.replace(book, prices=book.prices | prices)

        return PriceBook.of(*(scaled(book) if cloud in (None, book.cloud) else book for book in self.clouds.values()))

    def digest(self) -> str:
        """16 hex digits that two books share only if every figure and source is the same."""
        content = msgspec.json.encode([self.clouds[cloud] for cloud in sorted(self.clouds)], order="deterministic")
        return hashlib.sha256(content).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"PriceBook({self.label()}, {self.digest()})"

    def label(self) -> str:
        """Regions and dates in one line."""
        books = (self.clouds[cloud] for cloud in sorted(self.clouds))
        return ", ".join(f"{label_of(book.cloud)} {book.region} ({book.date})" for book in books)


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two books for one meter; None where a side does not have it."""

    cloud: Cloud
    meter: str
    before: Price | None
    after: Price | None

    @property
    def ratio(self) -> float | None:
        """The new first price over the old one, where both exist."""
        if self.before is None or self.after is None:
            return None
        return (self.after.price / self.after.per) / (self.before.price / self.before.per)


def differences(before: PriceBook, after: PriceBook) -> tuple[PriceChange, ...]:
    """Every meter whose figures (not its source) differ, by cloud and name."""
    changes = []
    for cloud in sorted({*before.clouds, *after.clouds}):
        old = before.clouds[cloud].prices if cloud in before.clouds else {}
        new = after.clouds[cloud].prices if cloud in after.clouds else {}
        for meter in sorted({*old, *new}):
            a, b = old.get(meter), new.get(meter)
            if a is None or b is None or _figures(a) != _figures(b):
                changes.append(PriceChange(cloud=cloud, meter=meter, before=a, after=b))
    return tuple(changes)


def _figures(price: Price) -> tuple[float, float, tuple[tuple[float, float], ...]]:
    further = tuple((tier.above, tier.price / price.per) for tier in price.further)
    return price.price / price.per, price.free, further

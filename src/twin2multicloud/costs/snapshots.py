"""The edge that reads what ships as data: price books, and the rules by which price lists are read. Prices nothing.

The only module of `costs` that opens files: everything else takes a `PriceBook` as an argument.
"""

from importlib import resources
from typing import TypeVar

import msgspec

from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud

_Rule = TypeVar("_Rule")
_DATA = resources.files("twin2multicloud.costs")


def price_list_rules(cloud: str, kind: type[_Rule]) -> dict[str, _Rule]:
    """What picks each meter's rows out of a cloud's price list, by meter."""
    return msgspec.json.decode((_DATA / "price_lists" / f"{cloud}.json").read_bytes(), type=dict[str, kind])  # type: ignore[valid-type]  # a value


def shipped_prices(cloud: Cloud) -> tuple[CloudPrices, ...]:
    """The shipped snapshots of a cloud, one file per region."""
    files = [
        each
        for each in (_DATA / "price_books").iterdir()
        if each.name.startswith(f"{cloud}-") and each.name.endswith(".json")
    ]
    return tuple(decode_prices(each.read_bytes(), each.name) for each in sorted(files, key=lambda each: each.name))


def decode_prices(raw: bytes, name: str) -> CloudPrices:
    """One cloud's prices from JSON. Raises ConfigurationError that names the file and the place."""
    try:
        return msgspec.json.decode(raw, type=CloudPrices)
    except msgspec.DecodeError as error:  # a ValidationError is one
        raise ConfigurationError(f"{name}: not a price book: {error}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def encode_prices(prices: CloudPrices) -> bytes:
    """One cloud's prices as JSON for people: indented, one meter after the other by name."""
    ordered = msgspec.structs.replace(prices, prices=dict(sorted(prices.prices.items())))
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2) + b"\n"

"""The edge that reads the shipped price books. The only module of `costs` that opens files; prices nothing.

Everything else in `costs` takes a `PriceBook` as an argument.
"""

from importlib import resources

import msgspec

from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud


def shipped_prices(cloud: Cloud) -> tuple[CloudPrices, ...]:
    """The shipped snapshots of a cloud, one file per region."""
    folder = resources.files("twin2multicloud.costs") / "price_books"
    files = [each for each in folder.iterdir() if each.name.startswith(f"{cloud}-") and each.name.endswith(".json")]
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

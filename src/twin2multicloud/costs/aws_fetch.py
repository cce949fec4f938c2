"""AWS Price List bulk API -> a snapshot. Owns which row of which offer file is which meter; opens no socket.

Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
(version v1.0). That page calls the ends of a tier startingRange and endingRange; the files say beginRange and endRange.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from twin2multicloud.costs.fetching import (
    Fetched,
    Pick,
    PriceRule,
    PriceSource,
    Rates,
    decode,
    fetched,
    in_force,
    rates_of,
)
from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.costs.snapshots import price_list_rules
from twin2multicloud.domain.progress import Report

URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{service}/current/{region}/index.json"


class Rule(PriceRule, frozen=True):
    """A meter's row: the offer file, the usage type behind the region's prefix (a regular expression), attributes."""

    usage: str
    attributes: Mapping[str, str] = {}


RULES = price_list_rules("aws", Rule)


class _Product(msgspec.Struct):
    attributes: dict[str, str] = {}


class _Dimension(msgspec.Struct, rename="camel"):
    price_per_unit: dict[str, str]
    begin_range: str = ""
    starting_range: str = "0"

    @property
    def start(self) -> float:
        return float(self.begin_range or self.starting_range)


class _Term(msgspec.Struct, rename="camel"):
    price_dimensions: dict[str, _Dimension]
    effective_date: str = ""


class _Terms(msgspec.Struct):
    """List prices only: Reserved and FlatRate terms stay unread, and FlatRate's have another structure."""

    on_demand: dict[str, dict[str, _Term]] = msgspec.field(name="OnDemand", default_factory=dict)


class _Offer(msgspec.Struct):
    products: dict[str, _Product]
    terms: _Terms


_PREFIX = r"([A-Z]{2,4}\d?-)?"


def fetch_aws(old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:  # noqa: ARG001 - this list is open
    """A new snapshot of a region. Raises RetryableError, FinalError."""

    def read(service: str) -> Pick[Rule]:
        url = URL.format(service=service, region=old.region)
        offer = decode(source.get(url, {}), _Offer, f"the AWS offer file of {service}")
        return lambda rule: (each for sku in _skus(offer, rule, old.region) for each in _rates(offer, sku, date))

    return fetched(old, RULES, read, report, date, api="AWS Price List API")


def _skus(offer: _Offer, rule: Rule, region: str) -> Iterator[str]:
    """The products of a rule; a region's file also lists what passes between it and others, which is no match."""
    pattern = re.compile(_PREFIX + f"(?:{rule.usage})")
    for sku, product in offer.products.items():
        found = product.attributes
        home = found.get("regionCode") or found.get("fromRegionCode") or region
        if home != region:
            continue
        if pattern.fullmatch(found.get("usagetype", "")) and all(found.get(k) == v for k, v in rule.attributes.items()):
            yield sku


def _rates(offer: _Offer, sku: str, date: str) -> Iterator[Rates]:
    """The rates of the term that is in force on a day; of each, where several began together."""
    terms = offer.terms.on_demand.get(sku, {}).values()
    for term in in_force(terms, lambda each: each.effective_date, date):
        dimensions = term.price_dimensions.values()
        yield rates_of((each.start, float(each.price_per_unit.get("USD", 0))) for each in dimensions)

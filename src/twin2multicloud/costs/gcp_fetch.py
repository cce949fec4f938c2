"""Google Cloud Billing Catalog API -> a snapshot. Owns which SKU is which meter; opens no socket, keeps no key.

Format: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list and
https://cloud.google.com/billing/v1/how-tos/catalog-api (needs an API key; pages of 5,000 SKUs).
"""

import re
from collections.abc import Iterator

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
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.progress import Report

URL = "https://cloudbilling.googleapis.com/v1"


class Rule(PriceRule, frozen=True):
    """A meter's SKU: the service's display name and the SKU's description (a regular expression)."""

    description: str


RULES = price_list_rules("gcp", Rule)
"""Firestore's and storage's SKUs name the place in words. Without a place they are the price of a multi-region."""

_UNITS = {
    "count": 1.0, "s": 1.0, "GiBy.s": 1.0, "GiBy.mo": 1.0, "GiBy": 1.0, "TiBy": 1024.0, "mo": 1.0, "h": 1.0,
}  # fmt: skip
"""How many of our units one of the catalogue's is; others are not guessed at."""


class _Money(msgspec.Struct, rename="camel"):
    currency_code: str = "USD"
    units: str = "0"
    nanos: int = 0

    @property
    def dollars(self) -> float:
        return float(self.units) + self.nanos / 1e9


class _Rate(msgspec.Struct, rename="camel"):
    unit_price: _Money
    start_usage_amount: float = 0


class _Expression(msgspec.Struct, rename="camel"):
    usage_unit: str
    tiered_rates: list[_Rate]


class _Pricing(msgspec.Struct, rename="camel"):
    pricing_expression: _Expression
    effective_time: str = ""


class _Category(msgspec.Struct, rename="camel"):
    usage_type: str = ""


class _Sku(msgspec.Struct, rename="camel"):
    description: str
    category: _Category
    service_regions: list[str]
    pricing_info: list[_Pricing]


class _Service(msgspec.Struct, rename="camel"):
    name: str
    display_name: str


class _Page(msgspec.Struct, rename="camel"):
    services: list[_Service] = []
    skus: list[_Sku] = []
    next_page_token: str = ""


def fetch_gcp(old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:
    """A new snapshot of a region. Raises RetryableError, FinalError (no API key, or one that is refused)."""
    if not api_key.strip():
        raise FinalError("Google's price catalogue needs an API key; give one with --google-api-key")
    key = {"key": api_key}
    names: dict[str, str] = {}

    def read(service: str) -> Pick[Rule] | None:
        if not names:
            pages = _pages(source, f"{URL}/services", key)
            names.update((each.display_name, each.name) for page in pages for each in page.services)
        if service not in names:
            return None
        pages = _pages(source, f"{URL}/{names[service]}/skus", key)
        skus = [sku for page in pages for sku in page.skus if _applies(sku, old.region)]
        return lambda rule: (_rates(sku, date) for sku in skus if re.fullmatch(rule.description, sku.description))

    return fetched(old, RULES, read, report, date, api="Google Cloud Billing Catalog API")


def _pages(source: PriceSource, url: str, key: dict[str, str]) -> Iterator[_Page]:
    token = ""
    while True:
        query = {**key, "pageToken": token} if token else key
        page = decode(source.get(url, query), _Page, "Google's price catalogue")
        yield page
        token = page.next_page_token
        if not token:
            return


def _applies(sku: _Sku, region: str) -> bool:
    return (region in sku.service_regions or "global" in sku.service_regions) and sku.category.usage_type == "OnDemand"


def _rates(sku: _Sku, date: str) -> Rates:
    """The SKU's rates on a day, per one of our units; none where the unit is not known or the list has no price."""
    present = in_force(sku.pricing_info, lambda each: each.effective_time, date)
    if len(present) != 1:
        return ()
    expression = present[0].pricing_expression
    units = _UNITS.get(expression.usage_unit)
    if units is None:
        return ()
    return rates_of(
        (rate.start_usage_amount * units, rate.unit_price.dollars / units)
        for rate in expression.tiered_rates
        if rate.unit_price.currency_code == "USD"
    )

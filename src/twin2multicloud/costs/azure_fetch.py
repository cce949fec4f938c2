"""Azure Retail Prices API -> a snapshot. Owns which row is which meter; opens no socket.

Format: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices (values in a filter are
case-sensitive; an answer has pages of 1,000 rows).
"""

import re
from collections import defaultdict
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
from twin2multicloud.domain.progress import Report

URL = "https://prices.azure.com/api/retail/prices"


class Rule(PriceRule, frozen=True):
    """A meter's row: service, meter, product and SKU (regular expressions), and how many units its name holds."""

    meter: str
    product: str = ".*"
    sku: str = ".*"
    units: float = 1


RULES = price_list_rules("azure", Rule)


class _Item(msgspec.Struct, rename="camel"):
    meter_id: str
    meter_name: str
    product_name: str
    sku_name: str
    unit_of_measure: str
    retail_price: float
    tier_minimum_units: float
    currency_code: str
    arm_region_name: str
    type: str
    effective_start_date: str = ""
    effective_end_date: str | None = None


class _Page(msgspec.Struct, rename="pascal"):
    items: list[_Item]
    next_page_link: str | None = None


def fetch_azure(old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:  # noqa: ARG001 - this list is open
    """A new snapshot of a region. Raises RetryableError, FinalError."""

    def read(service: str) -> Pick[Rule]:
        items = [each for each in _items(source, service, old.region) if _on_demand(each, old.region, date)]
        return lambda rule: _rates(items, rule, date)

    return fetched(old, RULES, read, report, date, api="Azure Retail Prices API")


def _items(source: PriceSource, service: str, region: str) -> Iterator[_Item]:
    """Every consumption row of a service in a region, page by page."""
    wanted = f"serviceName eq '{service}' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    url, query = URL, {"$filter": wanted}
    while url:
        page = decode(source.get(url, query), _Page, f"the Azure price list of {service}")
        yield from page.items
        url, query = page.next_page_link or "", {}


def _rates(items: list[_Item], rule: Rule, date: str) -> list[Rates]:
    """One set of rates per meter id: the rows of a meter are its tiers, of each the one in force."""
    tiers: dict[str, dict[float, list[_Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if _matches(item, rule):
            tiers[item.meter_id][item.tier_minimum_units].append(item)
    found = []
    for meter in tiers.values():
        rows = [each for tier in meter.values() for each in in_force(tier, lambda row: row.effective_start_date, date)]
        counts = [_units(each.unit_of_measure) for each in rows]
        found.append(
            rates_of(
                (each.tier_minimum_units * count * rule.units, each.retail_price / (count * rule.units))
                for each, count in zip(rows, counts, strict=True)
                if count
            )
        )
    return found


def _on_demand(item: _Item, region: str, date: str) -> bool:
    """Whether a row is a list price of this region in USD that has not ended on a day; a reservation can share its
    meter, at another price."""
    ended = item.effective_end_date is not None and item.effective_end_date[: len(date)] < date
    return (item.type, item.arm_region_name, item.currency_code) == ("Consumption", region, "USD") and not ended


def _matches(item: _Item, rule: Rule) -> bool:
    wanted = ((rule.meter, item.meter_name), (rule.product, item.product_name), (rule.sku, item.sku_name))
    return all(re.fullmatch(pattern, text) for pattern, text in wanted)


def _units(text: str) -> float | None:
    """The number of units of a price: ``10K`` is 10,000, ``1 GB/Month`` is 1. None if unknown.

    Our meters are by the hour, the month and the gigabyte: a price per day or terabyte is none of theirs.
    """
    if re.search(r"\b(?:Day|Week|Year)s?\b|\b[KMTP]i?B\b", text):
        return None
    match = re.match(r"(\d+)\s*([KM])?(?![A-Za-z])|(\d+)", text)
    if match is None:
        return None
    number = float(match.group(1) or match.group(3))
    return number * {"K": 1e3, "M": 1e6}.get(match.group(2) or "", 1)

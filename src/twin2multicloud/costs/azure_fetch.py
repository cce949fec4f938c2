"""Azure Retail Prices API -> a snapshot. Owns which row is which meter; opens no socket.

Format: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices (values in a filter are
case-sensitive; an answer has pages of 1,000 rows).
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from twin2multicloud.costs.fetching import Fetched, Pick, PriceRule, PriceSource, Rates, decode, fetched, rates_of
from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.domain.progress import Report

URL = "https://prices.azure.com/api/retail/prices"


class Rule(PriceRule, frozen=True):
    """A meter's row: service, meter, product and SKU (regular expressions), and how many units its name holds."""

    meter: str
    product: str = ".*"
    sku: str = ".*"
    units: float = 1


_BLOB = r"(General Block )?Blob( Storage)?( v2)?"
RULES: dict[str, Rule] = {
    "hub.s1_unit": Rule("IoT Hub", r"(Standard )?S1( Unit)?", "IoT Hub"),
    "hub.s2_unit": Rule("IoT Hub", r"(Standard )?S2( Unit)?", "IoT Hub"),
    "hub.s3_unit": Rule("IoT Hub", r"(Standard )?S3( Unit)?", "IoT Hub"),
    "functions.execution": Rule("Functions", r"Standard Total Executions", "Functions"),
    "functions.gb_second": Rule("Functions", r"Standard Execution Time", "Functions"),
    "queue.operation": Rule("Storage", r"LRS Class 1 Operations", r"Queues v2"),
    "cosmos.ru_hour": Rule("Azure Cosmos DB", r"100 RU/s", "Azure Cosmos DB", "RUs", 100),
    "cosmos.autoscale_ru_hour": Rule("Azure Cosmos DB", r"100 RU/s", r"Azure Cosmos DB autoscale", ".*", 100),
    "cosmos.serverless_ru": Rule("Azure Cosmos DB", r"1M RUs", r"Azure Cosmos DB serverless"),
    "cosmos.gb_month": Rule("Azure Cosmos DB", r"Data Stored", "Azure Cosmos DB", "RUs"),
    "blob_cool.gb_month": Rule("Storage", r"Cool LRS Data Stored", _BLOB),
    "blob_cool.write": Rule("Storage", r"Cool LRS Write Operations", _BLOB),
    "blob_cool.read": Rule("Storage", r"Cool Read Operations", _BLOB, "Cool LRS"),
    "blob_cool.retrieved_gb": Rule("Storage", r"Cool Data Retrieval", _BLOB, "Cool LRS"),
    "blob_archive.gb_month": Rule("Storage", r"Archive LRS Data Stored", _BLOB),
    "blob_archive.write": Rule("Storage", r"Archive LRS Write Operations", _BLOB),
    "blob_archive.read": Rule("Storage", r"Archive Read Operations", _BLOB, "Archive LRS"),
    "blob_archive.retrieved_gb": Rule("Storage", r"Archive Data Retrieval", _BLOB, "Archive LRS"),
    "adt.operation": Rule("Digital Twins", r"Standard Operations"),
    "adt.query_unit": Rule("Digital Twins", r"Standard Query Units"),
    "grafana.user": Rule("Azure Grafana Service", r"Standard( Active)? User"),
    "grafana.hour": Rule("Azure Grafana Service", r"Standard( X1)?( Instance)? ?(Node|Unit|Hour)?", sku="Standard.*"),
    "eventgrid.operation": Rule("Event Grid", r"Standard Event Operations|Event Operations"),
    "table.operation": Rule("Storage", r"(LRS )?(Batch )?Write Operations", "Tables"),
    "logs.gb": Rule("Log Analytics", r"Analytics Logs Data Ingestion"),
    "workflow.action": Rule("Logic Apps", r"Consumption Standard Connector Actions"),
    "egress.gb": Rule("Bandwidth", r"Standard Data Transfer Out", r"Rtn Preference: MGN"),
}
"""Key Vault is billed by operations and keeps its figure."""


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


class _Page(msgspec.Struct, rename="pascal"):
    items: list[_Item]
    next_page_link: str | None = None


def fetch_azure(old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str = "") -> Fetched:  # noqa: ARG001 - this list is open
    """A new snapshot of a region. Raises RetryableError, FinalError."""

    def read(service: str) -> Pick[Rule]:
        items = [each for each in _items(source, service, old.region) if _on_demand(each, old.region)]
        return lambda rule: _rates(items, rule)

    return fetched(old, RULES, read, report, date, api="Azure Retail Prices API")


def _items(source: PriceSource, service: str, region: str) -> Iterator[_Item]:
    """Every consumption row of a service in a region, page by page."""
    wanted = f"serviceName eq '{service}' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    url, query = URL, {"$filter": wanted}
    while url:
        page = decode(source.get(url, query), _Page, f"the Azure price list of {service}")
        yield from page.items
        url, query = page.next_page_link or "", {}


def _rates(items: list[_Item], rule: Rule) -> list[Rates]:
    """One set of rates per meter id: the rows of a meter are its tiers."""
    tiers: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for item in items:
        count = _units(item.unit_of_measure) if _matches(item, rule) else None
        if count:
            units = count * rule.units
            tiers[item.meter_id].append((item.tier_minimum_units * units, item.retail_price / units))
    return [rates_of(rows) for rows in tiers.values()]


def _on_demand(item: _Item, region: str) -> bool:
    """Whether a row is a list price of this region in USD; a reservation can share its meter, at another price."""
    return (item.type, item.arm_region_name, item.currency_code) == ("Consumption", region, "USD")


def _matches(item: _Item, rule: Rule) -> bool:
    wanted = ((rule.meter, item.meter_name), (rule.product, item.product_name), (rule.sku, item.sku_name))
    return all(re.fullmatch(pattern, text) for pattern, text in wanted)


def _units(text: str) -> float | None:
    """The number of units of a price: ``10K`` is 10,000, ``1 GB/Month`` is 1. None if unknown."""
    match = re.match(r"(\d+)\s*([KM])?(?![A-Za-z])|(\d+)", text)
    if match is None:
        return None
    number = float(match.group(1) or match.group(3))
    return number * {"K": 1e3, "M": 1e6}.get(match.group(2) or "", 1)

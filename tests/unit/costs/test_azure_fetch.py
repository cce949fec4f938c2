"""The Azure fetcher against pages in the documented form.

The form is that of "Azure Retail Prices overview"
(https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices), read on a stored copy
2026-11-21: pages with Items and a NextPageLink that is null at the end, one item per meter, tier and price type. Among
the items are kinds of rows that westeurope's list has beside the wanted one: the free tier's $0, reservations that
share a meter with a list price, other routing, other currencies. Pages are shortened; no figure is a claim.
"""

from typing import Any

import pytest

from tests.rigs.clouds import AZURE
from tests.unit.costs.recorded_source import RecordedSource, nobody
from twin2multicloud.costs.azure_fetch import RULES, fetch_azure
from twin2multicloud.costs.fetching import PriceSource
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.progress import Progress

TODAY = "2026-11-21"


def items(meter: str, unit: str, *rates: tuple[float, float], **other: str) -> list[dict[str, Any]]:
    """One item per (from so many units on, price)."""
    item = {
        "currencyCode": "USD", "armRegionName": "westeurope", "location": "EU West", "meterId": meter,
        "meterName": meter, "productId": "DZH318Z0BZ0T", "productName": "Digital Twins", "skuId": "DZH318Z0BZ0T/000C",
        "skuName": "Standard", "serviceId": "DZH316VXQ03G", "serviceName": "Digital Twins", "serviceFamily": "IoT",
        "unitOfMeasure": unit, "type": "Consumption", "isPrimaryMeterRegion": True, "armSkuName": "",
        "effectiveStartDate": "2020-12-01T00:00:00Z",
    }  # fmt: skip
    return [
        item | other | {"tierMinimumUnits": start, "retailPrice": price, "unitPrice": price} for start, price in rates
    ]


def page(*found: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    """One page of the list."""
    rows = [each for group in found for each in group]
    return {
        "BillingCurrency": "USD", "CustomerEntityId": "Default", "CustomerEntityType": "Retail", "Items": rows,
        "NextPageLink": after, "Count": len(rows),
    }  # fmt: skip


MGN = {"productName": "Rtn Preference: MGN"}
RUS = {"productName": "Azure Cosmos DB", "skuName": "RUs"}
BLOB = {"productName": "General Block Blob v2"}
PAGES = {
    "'Digital Twins'": page(
        items("Standard Operations", "1K", (0, 0.00335)),
        items("Standard Operations", "1K", (0, 0.0025), armRegionName="eastus"),
        items("Standard Operations", "1K", (0, 0.003), type="DevTestConsumption"),
        items("Standard Message", "1K", (0, 0.0013)),
        after="https://prices.azure.com:443/api/retail/next-page?$skip=1000",
    ),
    "/next-page": page(items("Standard Query Units", "1K", (0, 0.00065))),
    "'Bandwidth'": page(
        items(
            "Standard Data Transfer Out", "1 GB",
            (0, 0), (100, 0.087), (10335, 0.083), (51295, 0.07), (153695, 0.05), **MGN,
        ),
        items("Standard Data Transfer Out", "1 GB", (0, 0), (100, 0.08), meterId="other",
              productName="Bandwidth - Routing Preference: Internet"),
        items("Standard Data Transfer Out - to China", "1 GB", (0, 0), **MGN),
        items("Standard Data Transfer In", "1 GB", (0, 0), **MGN),
    ),
    "'Azure Cosmos DB'": page(
        items("100 RU/s", "1/Hour", (0, 0.009), **RUS),
        items("100 RU/s", "1/Hour", (0, 0), productName="Azure Cosmos DB", skuName="Free Tier"),
        items("100 RU/s", "1/Hour", (0, 0.013), productName="Azure Cosmos DB autoscale", skuName="RUs"),
        items("1M RUs", "1M", (0, 0.31), productName="Azure Cosmos DB serverless", skuName="RUs"),
        items("Data Stored", "1 GB/Month", (0, 0.25), currencyCode="EUR", **RUS),
    ),
    "'Storage'": page(
        items("Cool LRS Data Stored", "1 GB/Month", (0, 0.011), skuName="Cool LRS", meterId="cool", **BLOB),
        items("Cool LRS Data Stored", "1 GB/Month", (0, 9_311_400), skuName="Cool LRS", meterId="cool",
              type="Reservation", reservationTerm="1 Year", **BLOB),
        items("Cool GRS Data Stored", "1 GB/Month", (0, 0.02), skuName="Cool GRS", **BLOB),
        items("LRS Class 1 Operations", "10K", (0, 0.0041), productName="Queues v2", skuName="Standard LRS"),
        items("LRS Class 1 Operations", "10K", (0, 0.0004), productName="Queues", skuName="Standard LRS"),
    ),
    "'Log Analytics'": page(
        items("Analytics Logs Data Ingestion", "1 GB", (0, 0), (5, 3.34), productName="Log Analytics")
    ),
}  # fmt: skip
EMPTY = page()


def test_every_page_is_read_and_its_units(book: PriceBook) -> None:
    events: list[Progress] = []
    source = RecordedSource(PAGES, EMPTY)
    new = fetch_azure(book[AZURE], source, events.append, TODAY).prices.prices
    assert new["adt.operation"].price == pytest.approx(3.35)  # per million, from 0.00335 per 1K
    assert new["adt.query_unit"].price == pytest.approx(0.65)  # on the second page
    assert (new["egress.gb"].free, new["egress.gb"].price) == (100, 0.087)
    assert [tier.above for tier in new["egress.gb"].further] == [10335, 51295, 153695]
    assert new["cosmos.ru_hour"].price == pytest.approx(0.009)  # of 100 RU/s
    assert new["cosmos.serverless_ru"].price == pytest.approx(0.31)
    assert (new["logs.gb"].free, new["logs.gb"].price) == (5, 3.34)
    assert ("https://prices.azure.com:443/api/retail/next-page?$skip=1000", {}) in source.asked
    assert source.asked[0][1]["$filter"].endswith("armRegionName eq 'westeurope' and priceType eq 'Consumption'")
    assert events[0] == Progress(job="prices", cloud=AZURE, message="Fetching Azure westeurope prices…")


def test_reservations_other_regions_and_other_generations_are_left(book: PriceBook) -> None:
    new = fetch_azure(book[AZURE], RecordedSource(PAGES, EMPTY), nobody, TODAY).prices.prices
    assert new["blob_cool.gb_month"].price == 0.011  # not the reservation on the same meter
    assert new["blob_cool.gb_month"].further == ()
    assert new["adt.operation"].price == pytest.approx(3.35)  # not eastus', nor that of dev/test
    assert new["queue.operation"].price == pytest.approx(0.0041)  # not that of general-purpose v1


def test_what_is_in_another_currency_is_kept(book: PriceBook) -> None:
    old = book[AZURE]
    fetched = fetch_azure(old, RecordedSource(PAGES, EMPTY), nobody, TODAY)
    assert fetched.kept["cosmos.gb_month"] == "no row matches"
    assert fetched.prices.prices["cosmos.gb_month"] == old.prices["cosmos.gb_month"]


def test_a_vendor_that_cannot_be_reached_stops_the_fetch(book: PriceBook) -> None:
    source: PriceSource = RecordedSource({"'Digital Twins'": RetryableError("no route")}, EMPTY)
    with pytest.raises(RetryableError, match="no route"):
        fetch_azure(book[AZURE], source, nobody, TODAY)


def test_every_rule_is_for_a_meter_of_the_book(book: PriceBook) -> None:
    assert set(RULES) <= set(book[AZURE].prices)


def test_of_rows_that_replace_one_another_the_one_in_force_is_taken(book: PriceBook) -> None:
    rows = page(
        items("Standard Operations", "1K", (0, 0.0050), effectiveStartDate="2018-01-01T00:00:00Z"),
        items("Standard Operations", "1K", (0, 0.0030)),
        items("Standard Operations", "1K", (0, 0.0020), effectiveStartDate="2027-01-01T00:00:00Z"),
        items("Standard Operations", "1K", (500, 0.0040), effectiveEndDate="2022-01-01T00:00:00Z"),
    )
    new = fetch_azure(book[AZURE], RecordedSource({"'Digital Twins'": rows}, EMPTY), nobody, TODAY).prices.prices
    assert (new["adt.operation"].price, new["adt.operation"].further) == (pytest.approx(3.0), ())


@pytest.mark.parametrize("unit", ["1/Day", "1 GB/Day", "1 TB", "1 TB/Month", "10 GiB/Week"])
def test_a_unit_that_is_none_of_ours_is_kept_and_named(book: PriceBook, unit: str) -> None:
    rows = page(items("Cool LRS Data Stored", unit, (0, 0.81), skuName="Cool LRS", **BLOB))
    fetched = fetch_azure(book[AZURE], RecordedSource({"'Storage'": rows}, EMPTY), nobody, TODAY)
    assert fetched.kept["blob_cool.gb_month"] == "no row matches"
    assert fetched.prices.prices["blob_cool.gb_month"] == book[AZURE].prices["blob_cool.gb_month"]


def test_two_prices_of_one_tier_are_no_price(book: PriceBook) -> None:
    rows = page(items("Standard Operations", "1K", (0, 0.0050), (0, 0.0030)))
    fetched = fetch_azure(book[AZURE], RecordedSource({"'Digital Twins'": rows}, EMPTY), nobody, TODAY)
    assert "adt.operation" in fetched.kept

"""The three fetchers against answers in the vendors' documented form, shortened; the rows' figures are published ones.

(The AWS and Azure rows are those that the shipped book cites; tests never reach the network.)
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from twin2multicloud.costs.aws_fetch import RULES as AWS_RULES
from twin2multicloud.costs.aws_fetch import fetch_aws
from twin2multicloud.costs.azure_fetch import RULES as AZURE_RULES
from twin2multicloud.costs.azure_fetch import fetch_azure
from twin2multicloud.costs.fetching import PriceSource
from twin2multicloud.costs.gcp_fetch import RULES as GCP_RULES
from twin2multicloud.costs.gcp_fetch import fetch_gcp
from twin2multicloud.costs.prices import PriceBook, Tier
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud

TODAY = "2026-11-21"


class RecordedSource:
    """A `PriceSource` that answers from a table of (path, page token or filter) and remembers what was asked."""

    def __init__(self, answers: Mapping[str, object], empty: object) -> None:
        self._answers, self._empty = answers, empty
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        self.asked.append((url, dict(query)))
        key = urlsplit(url).path + "".join(f"|{query[name]}" for name in ("$filter", "pageToken") if name in query)
        found = next((answer for name, answer in self._answers.items() if name in key), self._empty)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, bytes) else msgspec.json.encode(found)


def offer(*rows: tuple[str, dict[str, str], list[tuple[str, str]]]) -> dict[str, Any]:
    """An offer file of AWS: (usage type, attributes, [(begin of range, USD)])."""
    products, terms = {}, {}
    for n, (usage, attributes, rates) in enumerate(rows):
        sku = f"SKU{n}"
        products[sku] = {"sku": sku, "attributes": {"usagetype": usage, **attributes}}
        dimensions = {
            f"{sku}.{i}": {"beginRange": start, "endRange": "Inf", "pricePerUnit": {"USD": usd}}
            for i, (start, usd) in enumerate(rates)
        }
        terms[sku] = {f"{sku}.T": {"priceDimensions": dimensions}}
    return {"formatVersion": "v1.0", "products": products, "terms": {"OnDemand": terms}}


PAY = {"operation": "PayPerRequestThroughput"}
AWS = {
    "/AmazonDynamoDB/current/eu-central-1/": offer(
        ("EUC1-WriteRequestUnits", {"group": "DDB-WriteUnits", **PAY}, [("0", "0.0000007700")]),
        ("EUC1-ReadRequestUnits", {"group": "DDB-ReadUnits", **PAY}, [("0", "0.0000001525")]),
        ("EUC1-IA-WriteRequestUnits", {"group": "DDB-WriteUnitsIA", **PAY}, [("0", "0.0000009531")]),
        ("EUC1-TimedStorage-ByteHrs", {}, [("0", "0"), ("25", "0.306")]),
    ),
    "/AWSLambda/": offer(
        ("EUC1-Request", {"group": "AWS-Lambda-Requests"}, [("0", "0.0000002000")]),
        (
            "EUC1-Lambda-GB-Second",
            {"group": "AWS-Lambda-Duration"},
            [("15000000000", "0.0000133334"), ("0", "0.0000166667"), ("6000000000", "0.0000150000")],
        ),
    ),
    "/AWSDataTransfer/": offer(
        (
            "EUC1-DataTransfer-Out-Bytes",
            {"transferType": "AWS Outbound"},
            [("0", "0.09"), ("10240", "0.085"), ("51200", "0.07"), ("153600", "0.05")],
        ),
    ),
    "/AmazonSNS/": offer(
        ("EUC1-Requests-Tier1", {}, [("0", "0.0000005")]), ("EUC1-Requests-Tier1", {"x": "y"}, [("0", "0.0000006")])
    ),
}
NO_OFFER = offer()


def azure(meter: str, unit: str, *rates: tuple[float, float], meter_id: str = "", **other: str) -> list[dict[str, Any]]:
    row = {
        "currencyCode": "USD", "armRegionName": "westeurope", "meterName": meter, "unitOfMeasure": unit,
        "meterId": meter_id or meter, "productName": "Digital Twins", "skuName": "Standard", "type": "Consumption",
    }  # fmt: skip
    return [row | other | {"tierMinimumUnits": start, "retailPrice": price} for start, price in rates]


RUS = {"productName": "Azure Cosmos DB", "skuName": "RUs"}
AZURE = {
    "'Digital Twins'": {
        "Items": [*azure("Standard Operations", "1K", (0, 0.00335)), *azure("Standard Message", "1K", (0, 0.0013))],
        "NextPageLink": "https://prices.azure.com/api/retail/next-page",
    },
    "/next-page": {"Items": azure("Standard Query Units", "1K", (0, 0.00065)), "NextPageLink": None},
    "'Bandwidth'": {
        "Items": [
            *azure(
                "Standard Data Transfer Out", "1 GB",
                (0, 0), (100, 0.087), (10335, 0.083), (51295, 0.07), (153695, 0.05),
                productName="Rtn Preference: MGN",
            ),
            *azure(
                "Standard Data Transfer Out", "1 GB", (0, 0), (100, 0.08), meter_id="other",
                productName="Bandwidth - Routing Preference: Internet",
            ),
        ]
    },
    "'Azure Cosmos DB'": {
        "Items": azure("100 RU/s", "1 Hour", (0, 0.009), **RUS)
        + azure("Data Stored", "1 GB/Month", (0, 0.25), currencyCode="EUR", **RUS)
    },
    "'Log Analytics'": {
        "Items": azure("Analytics Logs Data Ingestion", "1 GB", (0, 0), (5, 3.34), productName="Log Analytics")
    },
}  # fmt: skip


def sku(description: str, unit: str, *rates: tuple[float, str, int], regions: str = "europe-west1") -> dict[str, Any]:
    tiers = [
        {"startUsageAmount": start, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
        for start, units, nanos in rates
    ]
    expression = {"usageUnit": unit, "tieredRates": tiers}
    return {
        "description": description, "category": {"usageType": "OnDemand"}, "serviceRegions": [regions],
        "pricingInfo": [{"pricingExpression": expression}],
    }  # fmt: skip


GCP = {
    "/v1/services/run/skus": {
        "skus": [
            sku("Services CPU (Request-based billing)", "s", (0, "0", 0), (180000, "0", 25000)),
            sku("Services CPU (Request-based billing)", "s", (0, "0", 99000), regions="us-central1"),
        ]
    },
    "/v1/services/pubsub/skus|two": {"skus": [sku("Message Delivery Basic", "TiBy", (0, "0", 0), (0.01, "41", 0))]},
    "/v1/services/pubsub/skus": {"skus": [], "nextPageToken": "two"},
    "/v1/services": {
        "services": [
            {"name": "services/run", "displayName": "Cloud Run"},
            {"name": "services/pubsub", "displayName": "Cloud Pub/Sub"},
        ]
    },
}


def test_aws_finds_prices_tiers_and_free_units(book: PriceBook) -> None:
    messages: list[str] = []
    old = book[Cloud.AWS]
    fetched = fetch_aws(old, RecordedSource(AWS, NO_OFFER), messages.append, TODAY)
    new = fetched.prices.prices
    assert new["dynamodb.write_unit"].price == pytest.approx(0.77)
    assert new["dynamodb.write_unit"].confirmed
    assert new["dynamodb.write_unit"].source == f"AWS Price List API, AmazonDynamoDB eu-central-1, fetched {TODAY}"
    assert new["dynamodb.gb_month"].free == 25
    assert new["lambda.gb_second"].free == 400_000  # an account's free tier is not in the list: kept
    assert new["lambda.gb_second"].further == (Tier(6e9, pytest.approx(15.0)), Tier(15e9, pytest.approx(13.3334)))
    assert [tier.price for tier in new["egress.gb"].further] == [0.085, 0.07, 0.05]
    assert messages[0] == "Fetching AWS eu-central-1 prices…"
    assert fetched.prices.date == TODAY


def test_what_is_not_found_or_ambiguous_is_kept_and_named(book: PriceBook) -> None:
    old = book[Cloud.AWS]
    fetched = fetch_aws(old, RecordedSource(AWS, NO_OFFER), lambda _: None, TODAY)
    assert fetched.kept["sns.publish"] == "2 different rows match"
    assert fetched.kept["twinmaker.entity"] == "no row matches"
    for meter in fetched.kept:
        assert fetched.prices.prices[meter] == old.prices[meter]


def test_azure_reads_every_page_and_its_units(book: PriceBook) -> None:
    source = RecordedSource(AZURE, {"Items": []})
    fetched = fetch_azure(book[Cloud.AZURE], source, lambda _: None, TODAY)
    new = fetched.prices.prices
    assert new["adt.operation"].price == pytest.approx(3.35)  # per million, from 0.00335 per 1K
    assert new["adt.query_unit"].price == pytest.approx(0.65)  # on the second page
    assert (new["egress.gb"].free, new["egress.gb"].price) == (100, 0.087)
    assert [tier.above for tier in new["egress.gb"].further] == [10335, 51295, 153695]
    assert new["cosmos.ru_hour"].price == pytest.approx(0.009)  # of 100 RU/s
    assert (new["logs.gb"].free, new["logs.gb"].price) == (5, 3.34)
    assert fetched.kept["cosmos.gb_month"] == "no row matches"  # in euros
    assert ("https://prices.azure.com/api/retail/next-page", {}) in source.asked
    assert "armRegionName eq 'westeurope'" in source.asked[0][1]["$filter"]


def test_google_reads_every_page_its_region_and_nanos(book: PriceBook) -> None:
    source = RecordedSource(GCP, {})
    fetched = fetch_gcp(book[Cloud.GCP], source, lambda _: None, TODAY, "a-key")
    new = fetched.prices.prices
    assert (new["run.vcpu_second"].price, new["run.vcpu_second"].free) == (pytest.approx(25.0), 180_000)
    assert new["pubsub.gib"].price == pytest.approx(41)  # per 1,024 GiB
    assert new["pubsub.gib"].free == pytest.approx(10.24)
    assert all(query["key"] == "a-key" for _, query in source.asked)
    assert "a-key" not in repr(fetched)


def test_google_without_a_key_is_refused() -> None:
    with pytest.raises(FinalError, match="needs an API key"):
        fetch_gcp(_none(), RecordedSource({}, {}), lambda _: None, TODAY, " ")


def _none() -> Any:
    return None


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"products": 3}'])
def test_an_answer_in_another_form_is_an_error(book: PriceBook, answer: bytes) -> None:
    with pytest.raises(FinalError, match="did not answer as documented"):
        fetch_aws(book[Cloud.AWS], RecordedSource({}, answer), lambda _: None, TODAY)


def test_a_vendor_that_cannot_be_reached_stops_the_fetch(book: PriceBook) -> None:
    source: PriceSource = RecordedSource({"'Digital Twins'": RetryableError("no route")}, {"Items": []})
    with pytest.raises(RetryableError, match="no route"):
        fetch_azure(book[Cloud.AZURE], source, lambda _: None, TODAY)


def test_every_rule_is_for_a_meter_of_the_book(book: PriceBook) -> None:
    for cloud, rules in ((Cloud.AWS, AWS_RULES), (Cloud.AZURE, AZURE_RULES), (Cloud.GCP, GCP_RULES)):
        assert set(rules) <= set(book[cloud].prices)

"""The AWS fetcher against offer files in the documented form.

The form is that of "Reading the service price list file for an AWS service"
(https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html), read
on a stored copy 2026-11-21: products by SKU with attributes; terms by type (OnDemand, Reserved, FlatRate), SKU and
offer term; price dimensions by rate code, amounts as text. The page names a tier's start startingRange, the files
beginRange: both are read. Files are shortened to the rows that a rule must take and those that it must leave; no figure
is a claim.
"""

from typing import Any

import pytest

from tests.rigs.clouds import AWS
from tests.unit.costs.recorded_source import RecordedSource, nobody
from twin2multicloud.costs.aws_fetch import RULES, fetch_aws
from twin2multicloud.costs.prices import PriceBook, Tier
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.progress import Progress

TODAY = "2026-11-21"
Row = tuple[str, dict[str, str], list[tuple[str, str]]]


def term(sku: str, code: str, rates: list[tuple[str, str]], start: str = "beginRange") -> dict[str, Any]:
    """One offer term of a product, with a price dimension per tier."""
    dimensions = {
        f"{sku}.{code}.{n}": {
            "rateCode": f"{sku}.{code}.{n}", "description": f"${usd} from {begin}", "unit": "Requests",
            start: begin, "endRange": "Inf", "appliesTo": [], "pricePerUnit": {"USD": usd},
        }
        for n, (begin, usd) in enumerate(rates)
    }  # fmt: skip
    return {
        f"{sku}.{code}": {
            "offerTermCode": code, "sku": sku, "effectiveDate": "2026-11-01T00:00:00Z",
            "priceDimensions": dimensions, "termAttributes": {},
        }
    }  # fmt: skip


def offer(*rows: Row, start: str = "beginRange", **terms: dict[str, Any]) -> dict[str, Any]:
    """An offer file with an on-demand term for each (usage type, attributes, [(begin of range, USD)])."""
    products, on_demand = {}, {}
    for n, (usage, attributes, rates) in enumerate(rows):
        sku = f"SKU{n}"
        common = {"regionCode": "eu-central-1", "location": "EU (Frankfurt)", "usagetype": usage}
        products[sku] = {"sku": sku, "productFamily": "API Request", "attributes": common | attributes}
        on_demand[sku] = term(sku, "JRTCKXETXF", rates, start)
    return {
        "formatVersion": "v1.0", "disclaimer": "", "offerCode": "", "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z", "products": products, "terms": {"OnDemand": on_demand, **terms},
    }  # fmt: skip


PAY = {"operation": "PayPerRequestThroughput"}
WRITES, READS = {"group": "DDB-WriteUnits"}, {"group": "DDB-ReadUnits"}
OUTBOUND = {"transferType": "AWS Outbound", "regionCode": "", "fromRegionCode": "eu-central-1"}
OFFERS = {
    "/AmazonDynamoDB/current/eu-central-1/": offer(
        ("EUC1-WriteRequestUnits", {**WRITES, **PAY}, [("0", "0.0000007700")]),
        ("EUC1-ReadRequestUnits", {**READS, **PAY}, [("0", "0.0000001525")]),
        ("EUC1-IA-WriteRequestUnits", {"group": "DDB-WriteUnitsIA", **PAY}, [("0", "0.0000009531")]),
        ("EUC1-ReplWriteRequestUnits", {"group": "DDB-ReplicatedWriteUnits", **PAY}, [("0", "0.0000011")]),
        ("WriteRequestUnits", {**WRITES, **PAY, "regionCode": "us-east-1"}, [("0", "0.0000006250")]),
        ("EUC1-WriteCapacityUnit-Hrs", WRITES, [("0", "0.0000000000"), ("18600", "0.0007930000")]),
        ("EUC1-TimedStorage-ByteHrs", {}, [("0", "0.0000000000"), ("25", "0.3060000000")]),
        Reserved={"SKU5": term("SKU5", "RESERVED", [("0", "0.0000970000")])},
        FlatRate={"SKU0": {"offerTermCode": "FLAT", "tiers": ["something else"]}},
    ),
    "/AWSLambda/": offer(
        ("EUC1-Request", {"group": "AWS-Lambda-Requests"}, [("0", "0.0000002000")]),
        ("EUC1-Request-ARM", {"group": "AWS-Lambda-Requests-ARM"}, [("0", "0.0000001900")]),
        (
            "EUC1-Lambda-GB-Second",
            {"group": "AWS-Lambda-Duration"},
            [("15000000000", "0.0000133334"), ("0", "0.0000166667"), ("6000000000", "0.0000150000")],
        ),
        ("EUC1-Lambda-Provisioned-GB-Second", {"group": "AWS-Lambda-Duration-Provisioned"}, [("0", "0.0000105")]),
    ),
    "/AWSDataTransfer/": offer(
        (
            "EUC1-DataTransfer-Out-Bytes",
            OUTBOUND,
            [("0", "0.09"), ("10240", "0.085"), ("51200", "0.07"), ("153600", "0.05")],
        ),
        ("EUC1-USE1-AWS-Out-Bytes", {**OUTBOUND, "transferType": "InterRegion Outbound"}, [("0", "0.02")]),
        ("EUC1-DataTransfer-In-Bytes", {**OUTBOUND, "transferType": "AWS Inbound"}, [("0", "0")]),
        ("USE1-DataTransfer-Out-Bytes", {**OUTBOUND, "fromRegionCode": "us-east-1"}, [("0", "0.08")]),
    ),
    "/AWSEvents/": offer(
        ("EUC1-Event-64K-Chunks", {}, [("0", "0.000001")]), ("EUC1-Event-64K-Chunks", {"x": "y"}, [("0", "0.000002")])
    ),
    "/AWSSecretsManager/": offer(("EUC1-AWSSecretsManager-Secrets", {}, [("0", "0.0000000000")])),
    "/IOTTwinMaker/": offer(
        ("EUC1-IoTTwinMaker-BaseTier2-Entities", {}, [("0", "700.0000000000")]),
        ("EUC1-IoTTwinMaker-BaseTier2-Queries", {}, [("9000000", "0.0000525000")]),
        ("EUC1-IoTTwinMaker-Entities", {}, [("0", "0.0525000000")]),
    ),
    "/AmazonStates/": offer(("EUC1-StateTransition", {}, [("0", "0.0000260000")]), start="startingRange"),
}
NO_OFFER = offer()


def test_list_prices_tiers_and_free_units_are_found(book: PriceBook) -> None:
    events: list[Progress] = []
    fetched = fetch_aws(book[AWS], RecordedSource(OFFERS, NO_OFFER), events.append, TODAY)
    new = fetched.prices.prices
    assert new["dynamodb.write_unit"].price == pytest.approx(0.77)
    assert new["dynamodb.write_unit"].confirmed
    assert new["dynamodb.write_unit"].source == f"AWS Price List API, AmazonDynamoDB eu-central-1, fetched {TODAY}"
    assert new["dynamodb.gb_month"].free == 25
    assert new["lambda.gb_second"].free == 400_000  # an account's free tier is not in the list: kept
    assert new["lambda.gb_second"].further == (Tier(6e9, pytest.approx(15.0)), Tier(15e9, pytest.approx(13.3334)))
    assert [tier.price for tier in new["egress.gb"].further] == [0.085, 0.07, 0.05]
    assert new["twinmaker.bundle2"].price == 700
    assert fetched.prices.date == TODAY
    assert events[0] == Progress(job="prices", cloud=AWS, message="Fetching AWS eu-central-1 prices…")
    assert [event.message for event in events[1:]] == list(
        dict.fromkeys(f"AWS eu-central-1: {rule.service}" for rule in RULES.values())
    )


def test_reservations_other_regions_and_other_directions_are_left(book: PriceBook) -> None:
    new = fetch_aws(book[AWS], RecordedSource(OFFERS, NO_OFFER), nobody, TODAY).prices.prices
    assert (new["dynamodb.wcu_hour"].price, new["dynamodb.wcu_hour"].free) == (0.000793, 18_600)  # not the reserved one
    assert new["dynamodb.write_unit"].price == pytest.approx(0.77)  # not us-east-1's, nor a replica's
    assert new["egress.gb"].price == 0.09
    assert new["lambda.request"].price == pytest.approx(0.2)  # not ARM's


def test_the_documented_name_of_a_tiers_start_is_read_too(book: PriceBook) -> None:
    new = fetch_aws(book[AWS], RecordedSource(OFFERS, NO_OFFER), nobody, TODAY).prices.prices
    assert new["workflow.transition"].price == pytest.approx(0.026)


def test_what_is_not_found_ambiguous_or_free_is_kept_and_named(book: PriceBook) -> None:
    old = book[AWS]
    fetched = fetch_aws(old, RecordedSource(OFFERS, NO_OFFER), nobody, TODAY)
    assert fetched.kept["eventbridge.event"] == "2 different rows match"
    assert fetched.kept["secrets.month"] == "no row matches"  # a row of $0 is no price
    assert fetched.kept["grafana.editor"] == "no row matches"
    for meter in fetched.kept:
        assert fetched.prices.prices[meter] == old.prices[meter]


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"products": 3}'])
def test_an_answer_in_another_form_is_an_error(book: PriceBook, answer: bytes) -> None:
    with pytest.raises(FinalError, match="did not answer as documented"):
        fetch_aws(book[AWS], RecordedSource({}, answer), nobody, TODAY)


def test_every_rule_is_for_a_meter_of_the_book(book: PriceBook) -> None:
    assert set(RULES) <= set(book[AWS].prices)


def test_of_terms_that_replace_one_another_the_one_in_force_is_taken(book: PriceBook) -> None:
    """The file keeps the term that ended and has the one that is announced."""
    writes = ("EUC1-WriteRequestUnits", {**WRITES, **PAY}, [("0", "0.0000007700")])
    found = offer(writes)
    terms = found["terms"]["OnDemand"]["SKU0"]
    (now,) = terms.values()
    for code, date, usd in (("OLD", "2024-11-01", "0.00000143"), ("NEXT", "2027-01-01", "0.00000050")):
        other = term("SKU0", code, [("0", usd)])
        other[f"SKU0.{code}"]["effectiveDate"] = f"{date}T00:00:00Z"
        terms.update(other)

    def price() -> tuple[float, str]:
        fetched = fetch_aws(book[AWS], RecordedSource({"/AmazonDynamoDB/": found}, NO_OFFER), nobody, TODAY)
        return fetched.prices.prices["dynamodb.write_unit"].price, fetched.kept.get("dynamodb.write_unit", "")

    assert price() == (pytest.approx(0.77), "")
    terms["SKU0.OLD"]["effectiveDate"] = now["effectiveDate"]  # two that began together: nobody can say
    assert price() == (book[AWS].prices["dynamodb.write_unit"].price, "2 different rows match")

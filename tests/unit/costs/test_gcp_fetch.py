"""The Google fetcher against pages in the documented form.

The form is that of "Use the Cloud Billing Catalog API" (https://cloud.google.com/billing/v1/how-tos/catalog-api) and of
the reference of services.skus.list (https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list). The
first was read on a stored copy 2026-11-21: services and SKUs in pages with a nextPageToken, a SKU's regions and
category, prices as units (text) and nanos per tier. Among the SKUs are those that must be left: other regions,
preemptible and committed use, multi-regions, free ones, and units that the rules do not know. Pages are shortened; no
figure is a claim.
"""

from typing import Any

import pytest

from tests.rigs.clouds import GCP
from tests.unit.costs.recorded_source import RecordedSource, nobody
from twin2multicloud.costs.gcp_fetch import RULES, fetch_gcp
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.progress import Progress

TODAY = "2026-11-21"


def sku(
    description: str, unit: str, *rates: tuple[float, str, int], region: str = "europe-west1", usage: str = "OnDemand"
) -> dict[str, Any]:
    """One SKU with a tier for each (from so many units on, dollars, nanos)."""
    tiers = [
        {"startUsageAmount": start, "unitPrice": {"currencyCode": "USD", "units": units, "nanos": nanos}}
        for start, units, nanos in rates
    ]
    return {
        "name": "services/152E-C115-5142/skus/0000-0000-0000", "skuId": "0000-0000-0000", "description": description,
        "category": {
            "serviceDisplayName": "Cloud Run", "resourceFamily": "ApplicationServices", "resourceGroup": "Compute",
            "usageType": usage,
        },
        "serviceRegions": [region],
        "pricingInfo": [
            {
                "summary": "", "currencyConversionRate": 1, "effectiveTime": "2026-11-21T00:00:00Z",
                "pricingExpression": {
                    "usageUnit": unit, "usageUnitDescription": unit, "baseUnit": unit, "baseUnitDescription": unit,
                    "baseUnitConversionFactor": 1, "displayQuantity": 1, "tieredRates": tiers,
                },
            }
        ],
        "serviceProviderName": "Google",
        "geoTaxonomy": {"type": "REGIONAL", "regions": [region]},
    }  # fmt: skip


def service(name: str, display: str) -> dict[str, str]:
    return {
        "name": f"services/{name}", "serviceId": name, "displayName": display,
        "businessEntityName": "businessEntities/GCP",
    }  # fmt: skip


CPU = "Services CPU (Request-based billing)"
PAGES = {
    "/v1/services/run/skus": {
        "skus": [
            sku(CPU, "s", (0, "0", 0), (180000, "0", 25000)),
            sku(CPU, "s", (0, "0", 99000), region="us-central1"),
            sku(CPU, "s", (0, "0", 7000), usage="Commit1Yr"),
            sku(CPU, "s", (0, "0", 8000), usage="Preemptible"),
            sku("Services CPU Tier 2  (Request-based billing)", "s", (0, "0", 33600)),
            sku("Services Min Instance CPU (Request-based billing)", "s", (0, "0", 2500)),
            sku("Services CPU (Instance-based billing) in europe-west1", "s", (0, "0", 18000)),
            sku("Services Memory (Instance-based billing) in europe-west1", "GiBy.wk", (0, "0", 2000)),
            sku("Requests", "count", (0, "0", 0), region="global"),
        ],
        "nextPageToken": "",
    },
    "/v1/services/firestore/skus": {
        "skus": [
            sku("Cloud Firestore Read Ops Belgium", "count", (0, "0", 340), region="global"),
            sku("Cloud Firestore Read Ops Iowa", "count", (0, "0", 300), region="global"),
            sku("Cloud Firestore Read Ops", "count", (0, "0", 600), region="global"),
            sku("Cloud Firestore Read Ops (with free tier) Belgium", "count", (0, "0", 0), (50000, "0", 340),
                region="global"),
        ]
    },
    "/v1/services/storage/skus": {
        "skus": [
            sku("Coldline Storage Belgium", "GiBy.mo", (0, "0", 10_500_000)),
            sku("Coldline Storage Belgium Dual-region", "GiBy.mo", (0, "0", 11_500_000)),
            sku("Coldline Storage Belgium (Early Delete)", "GiBy.d", (0, "0", 333_333)),
            sku("Archive Data Retrieval", "GiBy", (0, "0", 51_000_000), region="global"),
            sku("Coldline Data Retrieval", "GiBy", (0, "0", 10_100_000), region="global"),
            sku("Regional Archive Class A Operations", "count", (0, "0", 51_000), region="global"),
            sku("Multi-Region Archive Class A Operations", "count", (0, "0", 100_000), region="global"),
        ]
    },
    "/v1/services/compute/skus": {
        "skus": [
            sku("Network Internet Data Transfer Out from EMEA to EMEA", "GiBy",
                (0, "0", 120_000_000), (1024, "0", 110_000_000), (10240, "0", 85_000_000)),
            sku("Network Internet Data Transfer Out from EMEA to China", "GiBy", (0, "0", 230_000_000)),
        ]
    },
    "/v1/services/pubsub/skus|two": {"skus": [sku("Message Delivery Basic", "TiBy", (0, "0", 0), (0.01, "41", 0))]},
    "/v1/services/pubsub/skus": {"skus": [], "nextPageToken": "two"},
    "/v1/services": {
        "services": [
            service("run", "Cloud Run"), service("pubsub", "Cloud Pub/Sub"), service("firestore", "Cloud Firestore"),
            service("storage", "Cloud Storage"), service("compute", "Compute Engine"),
        ]
    },
}  # fmt: skip


def test_every_page_the_region_and_nanos_are_read(book: PriceBook) -> None:
    events: list[Progress] = []
    source = RecordedSource(PAGES, {})
    fetched = fetch_gcp(book[GCP], source, events.append, TODAY, "a-key")
    new = fetched.prices.prices
    assert (new["run.vcpu_second"].price, new["run.vcpu_second"].free) == (pytest.approx(25.0), 180_000)
    assert new["run.instance_vcpu_second"].price == pytest.approx(18)
    assert new["pubsub.gib"].price == pytest.approx(41)  # per 1,024 GiB, on the second page
    assert new["pubsub.gib"].free == pytest.approx(10.24)
    assert new["egress.gib"].price == pytest.approx(0.12)
    assert [(tier.above, tier.price) for tier in new["egress.gib"].further] == [
        (1024, pytest.approx(0.11)), (10240, pytest.approx(0.085)),
    ]  # fmt: skip
    assert new["gcs_archive.write"].price == pytest.approx(0.051)  # per 1,000
    assert new["gcs_archive.retrieved_gib"].price == pytest.approx(0.051)
    assert events[0] == Progress(job="prices", cloud=GCP, message="Fetching Google Cloud europe-west1 prices…")
    assert all(query["key"] == "a-key" for _, query in source.asked)
    assert "a-key" not in repr(fetched) + repr(events)


def test_other_places_and_commitments_are_left(book: PriceBook) -> None:
    new = fetch_gcp(book[GCP], RecordedSource(PAGES, {}), nobody, TODAY, "a-key").prices.prices
    assert new["run.vcpu_second"].price == pytest.approx(25.0)  # not us-central1's, tier 2's, committed or preemptible
    assert new["firestore.read"].price == pytest.approx(0.034)  # not Iowa's, nor the multi-region's
    assert new["coldline.gib_month"].price == pytest.approx(0.0105)  # not the dual-region's, nor the early deletion


def test_unknown_units_and_free_rows_are_kept_and_named(book: PriceBook) -> None:
    old = book[GCP]
    fetched = fetch_gcp(old, RecordedSource(PAGES, {}), nobody, TODAY, "a-key")
    assert fetched.kept["run.instance_gib_second"] == "no row matches"  # by the week
    assert fetched.kept["run.request"] == "no row matches"  # a SKU of $0 is no price
    assert fetched.kept["scheduler.job"] == "no row matches"  # its service is not in the list
    for meter in fetched.kept:
        assert fetched.prices.prices[meter] == old.prices[meter]


def test_without_a_key_it_is_refused(book: PriceBook) -> None:
    source = RecordedSource({}, {})
    with pytest.raises(FinalError, match="needs an API key"):
        fetch_gcp(book[GCP], source, nobody, TODAY, " ")
    assert source.asked == []


def test_every_rule_is_for_a_meter_of_the_book(book: PriceBook) -> None:
    assert set(RULES) <= set(book[GCP].prices)


def test_of_a_timeline_of_prices_the_one_in_force_is_taken(book: PriceBook) -> None:
    """``pricingInfo`` is in chronological order, and may begin with what has ended."""
    found = sku("Coldline Storage Belgium", "GiBy.mo", (0, "0", 10_500_000))
    for time, nanos, place in (("2020-01-01", 99_000_000, 0), ("2027-01-01", 1_000_000, 2)):
        other = sku("Coldline Storage Belgium", "GiBy.mo", (0, "0", nanos))["pricingInfo"][0]
        found["pricingInfo"].insert(place, other | {"effectiveTime": f"{time}T00:00:00Z"})
    lists = {
        "/v1/services/storage/skus": {"skus": [found]},
        "/v1/services": {"services": [service("storage", "Cloud Storage")]},
    }
    new = fetch_gcp(book[GCP], RecordedSource(lists, {}), nobody, TODAY, "a-key").prices.prices
    assert new["coldline.gib_month"].price == pytest.approx(0.0105)

"""Google Cloud Billing Catalog API -> a snapshot. Owns which SKU is which meter; opens no socket, keeps no key.

Format: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list (needs an API key).
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from twin2multicloud.costs.fetching import (
    Fetched,
    Found,
    PriceSource,
    Rates,
    Report,
    collected,
    decode,
    new_snapshot,
    rates_of,
)
from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.domain.errors import FinalError

URL = "https://cloudbilling.googleapis.com/v1"


class Rule(msgspec.Struct, frozen=True):
    """A meter's SKU: the service's display name and the SKU's description (a regular expression)."""

    service: str
    description: str


RULES: dict[str, Rule] = {
    "run.request": Rule("Cloud Run", r"(Cloud Run )?Requests( \(Request-based billing\))?( in [\w-]+)?"),
    "run.vcpu_second": Rule("Cloud Run", r"Services CPU \(Request-based billing\)( Tier 1)?( in [\w-]+)?"),
    "run.gib_second": Rule("Cloud Run", r"Services Memory \(Request-based billing\)( Tier 1)?( in [\w-]+)?"),
    "run.instance_vcpu_second": Rule("Cloud Run", r"Services CPU \(Instance-based billing\)( in [\w-]+)?"),
    "run.instance_gib_second": Rule("Cloud Run", r"Services Memory \(Instance-based billing\)( in [\w-]+)?"),
    "pubsub.gib": Rule("Cloud Pub/Sub", r"Message Delivery Basic"),
    "firestore.read": Rule("Cloud Firestore", r"Cloud Firestore Read Ops( Belgium| europe-west1)?"),
    "firestore.write": Rule("Cloud Firestore", r"Cloud Firestore Entity Writes( Belgium| europe-west1)?"),
    "firestore.ttl_delete": Rule("Cloud Firestore", r"Cloud Firestore TTL Deletes( Belgium| europe-west1)?"),
    "firestore.gib_month": Rule("Cloud Firestore", r"Cloud Firestore Storage( Belgium| europe-west1)?"),
    "nearline.gib_month": Rule("Cloud Storage", r"Nearline Storage Belgium"),
    "nearline.retrieved_gib": Rule("Cloud Storage", r"(Nearline )?Data Retrieval( Nearline)?"),
    "gcs_archive.gib_month": Rule("Cloud Storage", r"Archive Storage Belgium"),
    "gcs_archive.retrieved_gib": Rule("Cloud Storage", r"(Archive )?Data Retrieval( Archive)"),
    "scheduler.job": Rule("Cloud Scheduler", r"Jobs"),
    "secret.version_month": Rule("Secret Manager", r"Secret version replica storage"),
    "logs.gib": Rule("Cloud Logging", r"Log Storage cost"),
    "workflow.step": Rule("Workflows", r"Internal Steps"),
    "egress.gib": Rule("Compute Engine", r"Network Internet Data Transfer Out from Belgium to EMEA"),
}
"""Object operations are billed per storage class in one SKU each per location; they keep their figure."""

_UNITS = {
    "count": 1.0, "s": 1.0, "GiBy.s": 1.0, "GiBy.mo": 1.0, "GiBy": 1.0, "TiBy": 1024.0, "mo": 1.0, "h": 1.0,
}  # fmt: skip
"""How many of our units one of the catalogue's is; others are not guessed at."""


def fetch_gcp(old: CloudPrices, source: PriceSource, report: Report, date: str, api_key: str) -> Fetched:
    """A new snapshot of a region. Raises RetryableError, FinalError (no API key, or one that is refused)."""
    if not api_key.strip():
        raise FinalError("Google's price catalogue needs an API key; give one with --google-api-key")
    report(f"Fetching Google Cloud {old.region} prices…")
    key = {"key": api_key}
    names = {each["displayName"]: each["name"] for each in _pages(source, f"{URL}/services", key, "services")}
    found: dict[str, Found] = {}
    for service in dict.fromkeys(rule.service for rule in RULES.values()):
        if service not in names:
            continue
        report(f"Google Cloud {old.region}: {service}")
        skus = [sku for sku in _pages(source, f"{URL}/{names[service]}/skus", key, "skus") if _applies(sku, old.region)]
        for meter, rule in RULES.items():
            if rule.service == service:
                rows = [_rates(sku) for sku in skus if re.fullmatch(rule.description, sku["description"])]
                found[meter] = collected(rows, f"Google Cloud Billing Catalog API, {service} {old.region}")
    return new_snapshot(old, found, date)


def _pages(source: PriceSource, url: str, key: dict[str, str], field: str) -> Iterator[Any]:
    token = ""
    while True:
        query = {**key, "pageToken": token} if token else key
        page: Any = decode(source.get(url, query), "Google's price catalogue")
        yield from page.get(field, ())
        token = page.get("nextPageToken", "")
        if not token:
            return


def _applies(sku: Any, region: str) -> bool:
    regions = sku.get("serviceRegions", ())
    return (region in regions or "global" in regions) and sku.get("category", {}).get("usageType") == "OnDemand"


def _rates(sku: Any) -> Rates:
    expression = sku["pricingInfo"][0]["pricingExpression"]
    units = _UNITS.get(expression["usageUnit"])
    if units is None:
        return ()
    return rates_of(
        (rate["startUsageAmount"] * units, _money(rate["unitPrice"]) / units)
        for rate in expression["tieredRates"]
        if rate["unitPrice"].get("currencyCode", "USD") == "USD"
    )


def _money(price: Any) -> float:
    return float(price.get("units") or 0) + float(price.get("nanos") or 0) / 1e9

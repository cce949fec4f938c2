"""AWS Price List bulk API -> a snapshot. Owns which row of which offer file is which meter; opens no socket.

Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
(version v1.0). That page calls the ends of a tier startingRange and endingRange; the files say beginRange and endRange.
"""

import re
from collections.abc import Iterator

import msgspec

from twin2multicloud.costs.fetching import Fetched, Pick, PriceRule, PriceSource, Rates, decode, fetched, rates_of
from twin2multicloud.costs.prices import CloudPrices
from twin2multicloud.domain.progress import Report

URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{service}/current/{region}/index.json"


class Rule(PriceRule, frozen=True):
    """A meter's row: the offer file, the usage type behind the region's prefix (a regular expression), attributes."""

    usage: str
    attributes: tuple[tuple[str, str], ...] = ()


_DYNAMO = (("operation", "PayPerRequestThroughput"),)
RULES: dict[str, Rule] = {
    "iot.connection_minute": Rule("AWSIoT", r"(AWSIoT-)?Connect\w*-?Minutes"),
    "iot.message": Rule("AWSIoT", r"(AWSIoT-)?Messages(-MQTT)?"),
    "iot.rule": Rule("AWSIoT", r"(AWSIoT-)?RulesTriggered"),
    "iot.action": Rule("AWSIoT", r"(AWSIoT-)?ActionsExecuted"),
    "lambda.request": Rule("AWSLambda", r"Request", (("group", "AWS-Lambda-Requests"),)),
    "lambda.gb_second": Rule("AWSLambda", r"Lambda-GB-Second", (("group", "AWS-Lambda-Duration"),)),
    "sqs.request": Rule("AWSQueueService", r"Requests(-Tier1)?", (("queueType", "Standard"),)),
    "dynamodb.write_unit": Rule("AmazonDynamoDB", r"WriteRequestUnits", (("group", "DDB-WriteUnits"), *_DYNAMO)),
    "dynamodb.read_unit": Rule("AmazonDynamoDB", r"ReadRequestUnits", (("group", "DDB-ReadUnits"), *_DYNAMO)),
    "dynamodb.wcu_hour": Rule("AmazonDynamoDB", r"WriteCapacityUnit-Hrs", (("group", "DDB-WriteUnits"),)),
    "dynamodb.rcu_hour": Rule("AmazonDynamoDB", r"ReadCapacityUnit-Hrs", (("group", "DDB-ReadUnits"),)),
    "dynamodb.gb_month": Rule("AmazonDynamoDB", r"TimedStorage-ByteHrs"),
    "s3ia.gb_month": Rule("AmazonS3", r"TimedStorage-SIA-ByteHrs"),
    "s3ia.write": Rule("AmazonS3", r"Requests-SIA-Tier1"),
    "s3ia.read": Rule("AmazonS3", r"Requests-SIA-Tier2"),
    "s3ia.retrieved_gb": Rule("AmazonS3", r"Retrieval-SIA"),
    "deep_archive.gb_month": Rule("AmazonS3", r"TimedStorage-GDA-ByteHrs"),
    "deep_archive.write": Rule("AmazonS3", r"Requests-GDA-Tier1"),
    "deep_archive.read": Rule("AmazonS3", r"Requests-GDA-Tier3"),
    "deep_archive.retrieved_gb": Rule("AmazonS3", r"Standard-Retrieval-Bytes-GDA|Retrieval-GDA-Standard"),
    "sns.publish": Rule("AmazonSNS", r"Requests-Tier1"),
    "secrets.month": Rule("AWSSecretsManager", r"AWSSecretsManager-Secrets"),
    "logs.gb": Rule("AmazonCloudWatch", r"DataProcessing-Bytes"),
    "logs.gb_month": Rule("AmazonCloudWatch", r"TimedStorage-ByteHrs"),
    "twinmaker.entity": Rule("IOTTwinMaker", r"IoTTwinMaker-Entities"),
    "twinmaker.query": Rule("IOTTwinMaker", r"IoTTwinMaker-Queries"),
    "twinmaker.api_call": Rule("IOTTwinMaker", r"IoTTwinMaker-UnifiedDataAccess"),
    **{f"twinmaker.bundle{n}": Rule("IOTTwinMaker", rf"IoTTwinMaker-BaseTier{n}-Entities") for n in range(1, 5)},
    "workflow.transition": Rule("AmazonStates", r"StateTransition"),
    "egress.gb": Rule("AWSDataTransfer", r"DataTransfer-Out-Bytes", (("transferType", "AWS Outbound"),)),
}
"""Meters without a rule (Grafana, Scheduler) have a list price of their own page and keep their figure."""


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
        return lambda rule: (_rates(offer, sku) for sku in _skus(offer, rule, old.region))

    return fetched(old, RULES, read, report, date, api="AWS Price List API")


def _skus(offer: _Offer, rule: Rule, region: str) -> Iterator[str]:
    """The products of a rule; a region's file also lists what passes between it and others, which is no match."""
    pattern = re.compile(_PREFIX + f"(?:{rule.usage})")
    for sku, product in offer.products.items():
        found = product.attributes
        home = found.get("regionCode") or found.get("fromRegionCode") or region
        if home != region:
            continue
        if pattern.fullmatch(found.get("usagetype", "")) and all(found.get(k) == v for k, v in rule.attributes):
            yield sku


def _rates(offer: _Offer, sku: str) -> Rates:
    terms = offer.terms.on_demand.get(sku, {}).values()
    dimensions = [each for term in terms for each in term.price_dimensions.values()]
    return rates_of((each.start, float(each.price_per_unit.get("USD", 0))) for each in dimensions)

"""Rigs over a real AWS account: all that they need they make, in the region and account that boto3 finds by itself.

That is also how they are pointed at moto: ``AWS_ENDPOINT_URL``. docs/live_tests.md has the permissions.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from tests.rigs import event_store, live, vendor_topics
from tests.rigs.error_store import over
from tests.rigs.live import Leftover, LiveClock, ScopedTable
from tests.rigs.vendor_device_registries import IotCoreRig
from tests.rigs.vendor_hot_stores import VendorHotStoreRig, create_dynamo_table
from tests.rigs.vendor_processes import need_package, open_until_exit
from tests.rigs.vendor_queues import SqsQueues, VendorDeadLettersRig, VendorInvokerRig
from twin2multicloud.clouds.aws import queue
from twin2multicloud.clouds.aws.device_registry import IotCoreDeviceRegistry
from twin2multicloud.clouds.aws.hot_store import DynamoTable
from twin2multicloud.hosting.error_events import DETAIL_TYPE, SOURCE

_POLICY_SECONDS = 400.0  # AWS says five minutes at most: docs.aws.amazon.com iot, DeletePolicy
_PROBE = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": '{"probe": true}'}


@cache
def client(service: str) -> Any:
    """A boto3 client of the account."""
    need_package("boto3")
    import boto3

    made = boto3.client(service)
    open_until_exit.callback(made.close)
    return made


@cache
def _table() -> DynamoTable:
    """One table for all tests: making one takes a while. Its rows are read consistently, which the adapter need not."""
    dynamodb, name = client("dynamodb"), live.unique("hot-store")
    create_dynamo_table(name, dynamodb)
    open_until_exit.callback(dynamodb.delete_table, TableName=name)
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 2})
    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", _consistently)
    return DynamoTable(dynamodb, name, LiveClock(), Random())


def _consistently(params: Mapping[str, Any], **_: object) -> Mapping[str, Any]:
    return {**params, "ConsistentRead": True}


@contextmanager
def hot_store(_: Path) -> Iterator[VendorHotStoreRig]:
    yield VendorHotStoreRig(ScopedTable(_table()))  # the table goes as a whole, its rows with it


@contextmanager
def _queues() -> Iterator[SqsQueues]:
    queues = SqsQueues(client("sqs"), live.patience())
    try:
        yield queues
    finally:
        queues.remove()


@contextmanager
def invoker(_: Path) -> Iterator[VendorInvokerRig]:
    with _queues() as queues:
        named = cache(lambda function: queues.make(live.unique(function)))
        sqs = queue.queues(client("sqs"), LiveClock(), Random())
        yield VendorInvokerRig(sqs, named, cache(lambda url: live.in_order(queues.drain(url))))


@contextmanager
def dead_letters(_: Path) -> Iterator[VendorDeadLettersRig]:
    with _queues() as queues:
        url = queues.make(live.unique("dead-letters"))
        letters = queue.queues(client("sqs"), LiveClock(), Random()).dead_letters(url)
        yield VendorDeadLettersRig(letters, lambda: live.in_order(queues.drain(url)))


@contextmanager
def error_sink(_: Path) -> Iterator[vendor_topics.ErrorSinkRig]:
    """A new rule takes a while to see events: probes are sent until one arrives, and are not told of."""
    events, sqs, name = client("events"), client("sqs"), live.unique("errors")
    with vendor_topics.eventbridge_of(events, SqsQueues(sqs, live.patience()), sqs, name) as rig:

        def delivered() -> bool:
            events.put_events(Entries=[{**_PROBE, "EventBusName": name}])
            return bool(rig.delivered())

        live.until(delivered, f"the rule of event bus {name}")
        yield vendor_topics.ErrorSinkRig(
            rig.sink, rig.lost, rig.logged, lambda: [each for each in rig.delivered() if "probe" not in each]
        )


@contextmanager
def secrets(_: Path) -> Iterator[vendor_topics.SecretsRig]:
    with vendor_topics.secrets_manager_of(client("secretsmanager"), live.unique) as rig:
        yield rig.that_waits(live.until)


class LiveIotCoreRig(IotCoreRig):
    """Devices of a twin of its own. Things are named once in an account: where another has an ``a``, tests fail."""

    def __init__(self) -> None:
        self.client, self.clock = client("iot"), LiveClock()
        self.twin, self.policy = live.unique("house"), _device_policy()
        self.registry = IotCoreDeviceRegistry(self.client, self.twin, self.policy, self.clock, page=10)
        self._strangers: list[str] = []

    def stranger(self) -> str:
        name = live.unique("another")
        self.client.create_thing(thingName=name)
        self._strangers.append(name)
        return name

    def remove(self) -> None:
        asked = {"attributeName": "twin", "attributeValue": self.twin}
        pages = self.client.get_paginator("list_things").paginate(**asked)
        self.registry.remove([each["thingName"] for page in pages for each in page["things"]])
        for name in self._strangers:
            self.client.delete_thing(thingName=name)


@cache
def _device_policy() -> str:
    """One policy for all tests, because AWS lets go of one only minutes after its last certificate."""
    name = live.unique("devices")
    allowed = {"Effect": "Allow", "Action": ["iot:Connect"], "Resource": ["*"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client("iot").create_policy(policyName=name, policyDocument=document)
    open_until_exit.callback(_delete_policy, name)
    return name


def _delete_policy(name: str) -> None:
    iot = client("iot")

    def gone() -> bool:
        try:
            iot.delete_policy(policyName=name)
        except iot.exceptions.DeleteConflictException:
            return False
        return True

    live.until(gone, f"IoT policy {name}", _POLICY_SECONDS)


@contextmanager
def device_registry(_: Path) -> Iterator[LiveIotCoreRig]:
    rig = LiveIotCoreRig()
    try:
        yield rig
    finally:
        rig.remove()


RIGS = {
    "error_store_rig": over(hot_store),
    "event_store_rig": event_store.over(hot_store),
    "hot_store_rig": hot_store,
    "invoker_rig": invoker,
    "dead_letters_rig": dead_letters,
    "error_sink_rig": error_sink,
    "secrets_rig": secrets,
    "device_registry_rig": device_registry,
}


def leftovers() -> Iterator[Leftover]:
    """What live rigs of any run left in the account and region."""
    yield from _left_tables()
    sqs = client("sqs")
    for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=live.PREFIX):
        for url in page.get("QueueUrls", []):
            yield Leftover(f"SQS queue {url}", partial(sqs.delete_queue, QueueUrl=url))
    for bus in client("events").list_event_buses(NamePrefix=live.PREFIX)["EventBuses"]:
        yield Leftover(f"event bus {bus['Name']}", partial(_delete_bus, bus["Name"]))
    manager = client("secretsmanager")
    named = [{"Key": "name", "Values": [live.PREFIX]}]
    for page in manager.get_paginator("list_secrets").paginate(Filters=named):
        for each in page["SecretList"]:
            delete = partial(manager.delete_secret, SecretId=each["ARN"], ForceDeleteWithoutRecovery=True)
            yield Leftover(f"secret {each['Name']}", delete)
    yield from _left_devices()


def _left_devices() -> Iterator[Leftover]:
    """Things first: certificates, which have no names, go with them, and then the policy is free."""
    iot = client("iot")
    pages = iot.get_paginator("list_policies").paginate()
    names = [each["policyName"] for page in pages for each in page["policies"]]
    policies = [name for name in names if name.startswith(live.PREFIX)]
    for page in iot.get_paginator("list_things").paginate():
        for each in page["things"]:
            twin, name = each["attributes"].get("twin", ""), each["thingName"]
            if twin.startswith(live.PREFIX):
                run = twin[: len(live.RUN)]
                policy = next((each for each in policies if each.startswith(run)), run)
                registry = IotCoreDeviceRegistry(iot, twin, policy, LiveClock())
                yield Leftover(f"thing {name} of {twin}", partial(registry.remove, [name]))
            elif name.startswith(live.PREFIX):
                yield Leftover(f"thing {name}", partial(iot.delete_thing, thingName=name))
    for name in policies:
        yield Leftover(f"IoT policy {name}", partial(_delete_policy, name))


def _left_tables() -> Iterator[Leftover]:
    dynamodb = client("dynamodb")
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if name.startswith(live.PREFIX):
                yield Leftover(f"DynamoDB table {name}", partial(dynamodb.delete_table, TableName=name))


def _delete_bus(name: str) -> None:
    events = client("events")
    for rule in events.list_rules(EventBusName=name)["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=name)["Targets"]
        if targets:
            events.remove_targets(Rule=rule["Name"], EventBusName=name, Ids=[each["Id"] for each in targets])
        events.delete_rule(Name=rule["Name"], EventBusName=name)
    events.delete_event_bus(Name=name)

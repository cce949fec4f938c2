"""Error topics and secret stores of the three clouds, over emulators and servers of ours, as rigs for the suites.

Event Grid and Key Vault have no emulator: there the real client talks to a server, or a transport, of ours. What takes
a client also serves the live rigs, and removes what it made.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.vendor_event_grid import event_grid_server
from tests.rigs.vendor_queues import SqsQueues
from twin2multicloud.clouds.aws.error_sink import event_bridge_sink
from twin2multicloud.clouds.aws.secrets import SecretsManagerSecrets
from twin2multicloud.clouds.azure.error_sink import event_grid_sink
from twin2multicloud.clouds.azure.secrets import KeyVaultSecrets
from twin2multicloud.clouds.gcp.error_sink import pub_sub_sink
from twin2multicloud.clouds.gcp.secrets import SecretManagerSecrets
from twin2multicloud.domain.errors import ConfigurationError, ErrorEvent
from twin2multicloud.hosting.error_events import DETAIL_TYPE, SOURCE
from twin2multicloud.ports.error_sink import ErrorSink
from twin2multicloud.ports.secrets import Secrets

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken


class ErrorSinkRig:
    """What the contract suite needs to know: the sink, what its topic delivered, what was logged instead.

    `lost` is a sink of the same kind whose topic is not there.
    """

    def __init__(
        self, sink: ErrorSink, lost: ErrorSink, logged: list[str], delivered: Callable[[], list[Mapping[str, Any]]]
    ) -> None:
        self.sink, self.lost, self.logged, self.delivered = sink, lost, logged, delivered

    def received(self) -> list[ErrorEvent]:
        return [msgspec.convert(each, ErrorEvent) for each in self.delivered()]


@contextmanager
def eventbridge(_: Path) -> Iterator[ErrorSinkRig]:
    events, sqs = vendor_clients.aws("events"), vendor_clients.aws("sqs")
    with eventbridge_of(events, SqsQueues(sqs), sqs, vendor_clients.unique("errors")) as rig:
        yield rig


@contextmanager
def eventbridge_of(events: Any, queues: SqsQueues, sqs: Any, name: str) -> Iterator[ErrorSinkRig]:
    """A bus whose events a rule hands to a queue, as the deployed one hands them to the reporter."""
    logged: list[str] = []
    with ExitStack() as made:
        made.callback(queues.remove)
        queue = queues.make(name)
        bus_arn = events.create_event_bus(Name=name)["EventBusArn"]
        made.callback(events.delete_event_bus, Name=name)
        arn = _open_to_events(sqs, queue, bus_arn)
        pattern = json.dumps({"source": [SOURCE], "detail-type": [DETAIL_TYPE]})
        events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
        made.callback(events.delete_rule, Name=name, EventBusName=name)
        events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
        made.callback(events.remove_targets, Rule=name, EventBusName=name, Ids=["queue"])

        def received() -> list[Mapping[str, Any]]:
            found = {each["id"]: each["detail"] for each in map(msgspec.json.decode, queues.drain(queue))}
            return list(found.values())  # each once: a bus may deliver twice

        dark = vendor_clients.aws_in_the_dark("events")
        sink = event_bridge_sink(lambda: events, name, logged.append)
        yield ErrorSinkRig(sink, event_bridge_sink(lambda: dark, name, logged.append), logged, received)


def _open_to_events(sqs: Any, queue: str, bus_arn: str) -> str:
    """Let the rules of one bus send to a queue; its ARN. Policy: docs.aws.amazon.com, EventBridge, "Amazon SQS"."""
    arn: str = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnLike": {"aws:SourceArn": bus_arn.replace(":event-bus/", ":rule/") + "/*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    return arn


@contextmanager
def event_grid(_: Path) -> Iterator[ErrorSinkRig]:
    vendor_processes.need_package("azure.eventgrid")
    from azure.core.credentials import AzureKeyCredential
    from azure.eventgrid import EventGridPublisherClient

    logged = list[str]()
    with event_grid_server() as server, ExitStack() as clients:

        def sink(key: str) -> ErrorSink:
            client = EventGridPublisherClient(server.url, AzureKeyCredential(key))
            clients.enter_context(client)
            return event_grid_sink(lambda: client, logged.append)

        yield ErrorSinkRig(sink("key"), sink("another key"), logged, lambda: [each["data"] for each in server.events])


@contextmanager
def pubsub_topic(_: Path) -> Iterator[ErrorSinkRig]:
    server = vendor_clients.google_server()
    publisher, logged = vendor_clients.publisher(server.host), list[str]()
    topic = f"projects/rig/topics/{vendor_clients.unique('errors')}"
    server.topics[topic] = []
    sink = pub_sub_sink(lambda: publisher, topic, logged.append)
    lost = pub_sub_sink(lambda: publisher, "projects/rig/topics/none", logged.append)
    yield ErrorSinkRig(sink, lost, logged, lambda: [msgspec.json.decode(each) for each in server.topics[topic]])


class SecretsRig:
    """What the contract suite needs to know: the secrets, and a way to keep one, which answers with its name."""

    def __init__(self, secrets: Secrets, keep: Callable[[str, str], str], absent: str) -> None:
        self.secrets, self.keep, self.absent = secrets, keep, absent

    def that_waits(self, until: Callable[[Callable[[], bool], str], None]) -> "SecretsRig":
        """For a real store: what is kept is there when it can be read, not when the store took it."""

        def keep(name: str, text: str) -> str:
            full = self.keep(name, text)
            until(lambda: self._text(full) == text, full)
            return full

        return SecretsRig(self.secrets, keep, self.absent)

    def _text(self, name: str) -> str | None:
        try:
            return self.secrets.read(name)
        except ConfigurationError:
            return None


@contextmanager
def secrets_manager(_: Path) -> Iterator[SecretsRig]:
    with secrets_manager_of(vendor_clients.aws("secretsmanager"), vendor_clients.unique) as rig:
        yield rig


@contextmanager
def secrets_manager_of(client: Any, unique: Callable[[str], str]) -> Iterator[SecretsRig]:
    arns: dict[str, str] = {}

    def keep(name: str, text: str) -> str:
        if name in arns:
            client.put_secret_value(SecretId=arns[name], SecretString=text)
        else:
            arns[name] = client.create_secret(Name=unique(name), SecretString=text)["ARN"]
        return arns[name]

    try:
        yield SecretsRig(SecretsManagerSecrets(lambda: client), keep, unique("none"))
    finally:
        for arn in arns.values():
            client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


class AnyToken:
    """A credential that whoever asks it believes."""

    def get_token(self, *scopes: str, **more: object) -> "AccessToken":
        from azure.core.credentials import AccessToken

        return AccessToken("a-token-of-the-rig", 4_102_444_800)


@contextmanager
def key_vault(_: Path) -> Iterator[SecretsRig]:
    vendor_processes.need_package("azure.keyvault.secrets")
    from azure.keyvault.secrets import SecretClient

    from tests.rigs.vendor_azure_transport import KeyVaultAdapter

    adapter = KeyVaultAdapter()

    def vault(url: str) -> SecretClient:
        return SecretClient(url, AnyToken(), transport=adapter.transport(), retry_total=0)

    def keep(name: str, text: str) -> str:
        adapter.secrets[name] = text
        return f"https://house.vault.azure.net/secrets/{name}"

    yield SecretsRig(KeyVaultSecrets(vault), keep, "https://house.vault.azure.net/secrets/none")


@contextmanager
def secret_manager(_: Path) -> Iterator[SecretsRig]:
    server = vendor_clients.google_server()
    client = vendor_clients.secret_manager(server.host)

    def keep(name: str, text: str) -> str:
        full = f"projects/rig/secrets/{name}"
        server.secrets[full] = text
        return full

    yield SecretsRig(SecretManagerSecrets(lambda: client), keep, "projects/rig/secrets/none")

"""The table of rigs: what stands in for a service in the contract suites, what it cannot show, and what fails on it.

Data only. `tests.rigs.table_document` writes it into docs/support_matrix.md; `tests/contracts` takes expected failures
and the groups of parallel runs from here. That every rig is in the table, and no other, is held by a test.
"""

import msgspec

from twin2multicloud.ports.dead_letter_queues import DeadLetterQueues
from twin2multicloud.ports.dead_letters import DeadLetters
from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
from twin2multicloud.ports.device_ingress import DeviceIngress
from twin2multicloud.ports.device_registry import DeviceRegistry
from twin2multicloud.ports.error_sink import ErrorSink
from twin2multicloud.ports.error_store import ErrorStore
from twin2multicloud.ports.event_store import EventStore
from twin2multicloud.ports.hot_store import HotStore
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.invoker import Invoker
from twin2multicloud.ports.object_store import ObjectStore
from twin2multicloud.ports.secrets import Secrets
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.ports.transport import Transport
from twin2multicloud.ports.twin_graph import TwinGraph


class Suite(msgspec.Struct, frozen=True):
    """One port's contract suite. `fixture` is what its tests ask for; the operations are those of the port."""

    fixture: str
    title: str
    port: type

    @property
    def operations(self) -> tuple[str, ...]:
        """The port's methods."""
        return tuple(name for name in vars(self.port) if not name.startswith("_"))


class Rig(msgspec.Struct, frozen=True, kw_only=True):
    """A stand-in for one service. `names` are the ids of its rigs, by the fixture that gives them."""

    service: str
    runs_on: str
    process: str = ""  # what is started for it, by one worker of a parallel run; "": nothing
    names: dict[str, tuple[str, ...]]
    gaps: str = ""
    covered: str = "-"


class ExpectedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A test that fails on one rig, with its reason. That it stops failing there is noticed: a failure."""

    test: str
    parameter: str = ""  # a part of the test's parameters
    rig: str
    live: str = ""  # the cloud whose real service does not do it either
    reason: str


SUITES = (
    Suite("hot_store_rig", "hot store", HotStore),
    Suite("error_store_rig", "error table", ErrorStore),
    Suite("event_store_rig", "event table", EventStore),
    Suite("object_store_rig", "object store", ObjectStore),
    Suite("invoker_rig", "queue", Invoker),
    Suite("dead_letters_rig", "dead letters", DeadLetters),
    Suite("dead_letter_queues_rig", "dead letters, for operators", DeadLetterQueues),
    Suite("telemetry_writer_rig", "telemetry writer", TelemetryWriter),
    Suite("error_sink_rig", "error topic", ErrorSink),
    Suite("device_registry_rig", "device registry", DeviceRegistry),
    Suite("device_authenticator_rig", "device authenticator", DeviceAuthenticator),
    Suite("device_ingress_rig", "device ingress", DeviceIngress),
    Suite("invocation_rig", "invocation", Invocation),
    Suite("twin_graph_rig", "twin service", TwinGraph),
    Suite("secrets_rig", "secret store", Secrets),
    Suite("transport_rig", "transport", Transport),
)

OWN = (
    Rig(
        service="in memory",
        runs_on="fakes (`tests/rigs`)",
        names={
            "hot_store_rig": ("memory",),
            "error_store_rig": ("memory",),
            "event_store_rig": ("memory",),
            "object_store_rig": ("memory",),
            "invoker_rig": ("memory",),
            "dead_letters_rig": ("memory",),
            "telemetry_writer_rig": ("store", "sender"),
            "error_sink_rig": ("memory",),
            "device_registry_rig": ("memory",),
            "device_authenticator_rig": ("memory",),
            "device_ingress_rig": ("memory",),
            "invocation_rig": ("memory",),
            "twin_graph_rig": ("memory",),
            "transport_rig": ("memory",),
        },
    ),
    Rig(
        service="emulator",
        runs_on="the emulator's own adapters",
        names={
            "hot_store_rig": ("emulator",),
            "error_store_rig": ("emulator",),
            "event_store_rig": ("emulator",),
            "object_store_rig": ("emulator",),
            "invoker_rig": ("emulator",),
            "dead_letters_rig": ("emulator",),
            "dead_letter_queues_rig": ("emulator",),
            "telemetry_writer_rig": ("emulator", "emulator-sender"),
            "error_sink_rig": ("emulator",),
            "device_registry_rig": ("emulator",),
            "device_authenticator_rig": ("emulator",),
            "invocation_rig": ("emulator", "emulator-endpoint"),
            "twin_graph_rig": ("emulator",),
            "transport_rig": ("http",),
        },
    ),
)

VENDORS = (
    Rig(
        service="DynamoDB",
        runs_on="moto",
        process="moto",
        names={
            "hot_store_rig": ("dynamodb-moto",),
            "error_store_rig": ("dynamodb-moto",),
            "event_store_rig": ("dynamodb-moto",),
        },
        gaps="never throttles, leaves nothing unprocessed, takes batches of 26",
        covered="answers put where botocore opens its socket",
    ),
    Rig(
        service="IoT Core",
        runs_on="moto",
        process="moto",
        names={"device_registry_rig": ("iot-core-moto",)},
        gaps="writes over a thing of the same name, answers all certificates of a policy in one page, detaches at once",
        covered="answers put under botocore",
    ),
    Rig(
        service="Lambda's Invoke, Azure's and Google's calls",
        runs_on="servers of ours that run the real entrypoints",
        names={
            "invocation_rig": (
                "lambda-ours",
                "lambda-url-ours",
                "function-app-ours",
                "function-app-endpoint-ours",
                "cloud-run-ours",
                "cloud-run-endpoint-ours",
            )
        },
        gaps="are stand-ins; ARM's keys, Google's sign-in by shape only",
        covered="answers put under botocore and the transport",
    ),
    Rig(
        service="IoT Hub",
        runs_on="a hub of ours under azure-core",
        names={"device_registry_rig": ("iot-hub-ours",)},
        gaps="is a stand-in: bulk registry, query, identity; its query does not lag",
    ),
    Rig(
        service="Azure Digital Twins",
        runs_on="the emulator's instance under azure-core",
        names={"twin_graph_rig": ("digital-twins-ours",)},
        gaps="is a stand-in; no roles, never throttles",
        covered="answers put under `requests`",
    ),
    Rig(
        service="Cosmos DB",
        runs_on="@vercel/cosmosdb-server",
        process="cosmosdb-server",
        names={
            "hot_store_rig": ("cosmos-cosmosdb-server",),
            "error_store_rig": ("cosmos-cosmosdb-server",),
            "event_store_rig": ("cosmos-cosmosdb-server",),
        },
        gaps="no batch, no 2 MB limit, no 429, no roles, ignores the partition argument",
        covered="an adapter under the SDK that takes batches apart and refuses what is over the limits; "
        "answers put under it. That a batch is atomic is not shown",
    ),
    Rig(
        service="Firestore",
        runs_on="Google's emulator (gcloud, Java)",
        process="gcloud",
        names={
            "hot_store_rig": ("firestore-google",),
            "error_store_rig": ("firestore-google",),
            "event_store_rig": ("firestore-google",),
            "device_registry_rig": ("firestore-google",),
            "device_authenticator_rig": ("firestore-google",),
        },
        gaps="no permissions, no throttling",
        covered="a gRPC server of ours that answers any code",
    ),
    Rig(
        service="Firestore",
        runs_on="@firestore-emulator/server",
        process="npm's Firestore",
        names={
            "hot_store_rig": ("firestore-npm",),
            "error_store_rig": ("firestore-npm",),
            "event_store_rig": ("firestore-npm",),
            "device_registry_rig": ("firestore-npm",),
            "device_authenticator_rig": ("firestore-npm",),
        },
        gaps="integers beyond 2**53 fail; cursors are ignored, and not used; no size limit; "
        "writes a refused batch in part",
        covered="Google's own emulator",
    ),
    Rig(
        service="S3",
        runs_on="moto",
        process="moto",
        names={"object_store_rig": ("s3-moto",)},
        gaps="takes bytes that are not their checksum's; a restored object is back at once",
        covered="ministack; a wire of ours that breaks, damages and answers",
    ),
    Rig(
        service="S3",
        runs_on="ministack",
        process="ministack",
        names={"object_store_rig": ("s3-ministack",)},
        gaps="never throttles; a restored object is back after 2 s",
        covered="a wire of ours that breaks and answers",
    ),
    Rig(
        service="Blob Storage",
        runs_on="azurite",
        process="azurite's blobs",
        names={"object_store_rig": ("blob-azurite",)},
        gaps="an archived blob is back at once; never throttles",
        covered="a wire of ours that breaks and answers (throttling)",
    ),
    Rig(
        service="Cloud Storage",
        runs_on="fake-gcs-server",
        process="fake-gcs-server",
        names={"object_store_rig": ("gcs-fake-gcs-server",)},
        gaps="a rewrite keeps the class; conditional deletes are not conditional; "
        "takes bytes that are not their checksum's",
        covered="a wire of ours that breaks and answers (throttling)",
    ),
    Rig(
        service="SQS",
        runs_on="moto",
        process="moto",
        names=dict.fromkeys(("invoker_rig", "dead_letters_rig", "dead_letter_queues_rig"), ("sqs-moto",)),
        gaps="takes any character, never fails in part",
        covered="answers put under botocore",
    ),
    Rig(
        service="storage queue",
        runs_on="azurite",
        process="azurite",
        names=dict.fromkeys(("invoker_rig", "dead_letters_rig", "dead_letter_queues_rig"), ("storage-queue-azurite",)),
        gaps="never busy, no roles",
        covered="answers put under `requests`",
    ),
    Rig(
        service="Pub/Sub",
        runs_on="Google's emulator (gcloud, Java)",
        process="gcloud",
        names={
            "invoker_rig": ("pubsub-google",),
            "dead_letters_rig": ("pubsub-google",),
            "dead_letter_queues_rig": ("pubsub-google",),
            "device_ingress_rig": ("pubsub-google",),
        },
        gaps="no permissions, no quota",
        covered="the server of ours answers any code",
    ),
    Rig(
        service="Pub/Sub",
        runs_on="a server of ours",
        names={
            "invoker_rig": ("pubsub-ours",),
            "dead_letters_rig": ("pubsub-ours",),
            "error_sink_rig": ("pubsub-ours",),
            "device_ingress_rig": ("pubsub-ours",),
        },
        gaps="is a stand-in: publish only",
        covered="Google's own emulator",
    ),
    Rig(
        service="EventBridge",
        runs_on="moto",
        process="moto",
        names={"error_sink_rig": ("eventbridge-moto",)},
        gaps="no permissions",
        covered="answers put under botocore",
    ),
    Rig(
        service="Secrets Manager",
        runs_on="moto",
        process="moto",
        names={"secrets_rig": ("secrets-manager-moto",)},
        gaps="no permissions",
        covered="answers put under botocore",
    ),
    Rig(
        service="Event Grid",
        runs_on="a server of ours",
        names={"error_sink_rig": ("event-grid-ours",)},
        gaps="is a stand-in: keys and CloudEvents only",
    ),
    Rig(
        service="Key Vault",
        runs_on="answers of ours under `requests`",
        names={"secrets_rig": ("key-vault-ours",)},
        gaps="is a stand-in: the challenge, one secret's text",
    ),
    Rig(
        service="Secret Manager",
        runs_on="a server of ours",
        names={"secrets_rig": ("secret-manager-ours",)},
        gaps="is a stand-in: the latest version only",
    ),
)

_EXACT = "test_values_come_back_exactly_and_with_their_type"
EXPECTED_FAILURES = (
    *(
        ExpectedFailure(test=_EXACT, parameter=number, rig="firestore-npm", reason="keeps doubles only")
        for number in ("9007199254740993", "9223372036854775807", "-9223372036854775808")
    ),
    ExpectedFailure(
        test="test_a_reading_comes_back_whole_with_its_properties_sorted",
        rig="firestore-npm",
        reason="keeps doubles only",
    ),
    ExpectedFailure(
        test="test_a_batch_over_the_wires_limits_is_cut_so_that_the_function_can_read_it",
        rig="storage-queue-azurite",
        live="azure",
        reason="a storage queue takes no reading over 48 KiB",
    ),
    *(
        ExpectedFailure(
            test="test_bytes_that_are_damaged_on_the_way_are_refused",
            rig=rig,
            reason="takes bytes that are not their checksum's",
        )
        for rig in ("s3-moto", "gcs-fake-gcs-server")
    ),
)


def expected_failure(test: str, parameters: str) -> ExpectedFailure | None:
    """Why a test is expected to fail, by its name and the id of its parameters: a rig's name first. None: it is not."""
    for each in EXPECTED_FAILURES:
        if test == each.test and parameters in (each.rig, f"{each.rig}-{each.parameter}"):
            return each
    return None


_PROCESSES = {name: rig.process for rig in VENDORS for names in rig.names.values() for name in names if rig.process}


def process_of(test: str) -> str:
    """What has to be started for a test, by its name with the id of its parameters; empty where nothing has."""
    _, _, parameters = test.partition("[")
    return next((process for name, process in _PROCESSES.items() if parameters.startswith(name)), "")

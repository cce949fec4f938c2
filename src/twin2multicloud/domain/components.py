"""The table of kinds: every component that a twin may have, its slot and what it is for. Decides nothing."""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.placement import Slot

DEVICES = "devices"
OPERATOR = "operator"
"""The two callers that are not components."""


class ComponentType(StrEnum):
    """What a component is to a cloud."""

    FUNCTION = "function"
    STORE = "store"
    SERVICE = "service"
    QUEUE = "queue"
    TOPIC = "topic"
    SCHEDULE = "schedule"


class Trigger(StrEnum):
    """What starts a function."""

    DEVICE = "device"  # a device's publish
    QUEUE = "queue"  # a batch of queued records
    HTTP = "http"  # a request to its URL
    CALL = "call"  # a native, synchronous call
    SCHEDULE = "schedule"  # a time


class Kind(StrEnum):
    """The name of a component: one of each stands on the cloud of its home slot."""

    DEVICE_GATEWAY = "device-gateway"
    DISPATCHER = "dispatcher"
    CONNECTOR = "connector"
    DEVICE_COMMANDS = "device-commands"
    INGESTION = "ingestion"
    PROCESSOR = "processor"
    PERSISTER = "persister"
    TWIN_UPDATER = "twin-updater"
    EVENT_CHECKER = "event-checker"
    EVENT_ACTION = "event-action"
    EVENT_WORKFLOW = "event-workflow"
    FEEDBACK = "feedback"
    HOT_WRITER = "hot-writer"
    HOT_STORE = "hot-store"
    HOT_READER = "hot-reader"
    HOT_READER_LAST_ENTRY = "hot-reader-last-entry"
    HOT_TO_COLD_SCHEDULE = "hot-to-cold-schedule"
    HOT_TO_COLD_MOVER = "hot-to-cold-mover"
    COLD_WRITER = "cold-writer"
    COLD_STORE = "cold-store"
    COLD_TO_ARCHIVE_SCHEDULE = "cold-to-archive-schedule"
    COLD_TO_ARCHIVE_MOVER = "cold-to-archive-mover"
    ARCHIVE_WRITER = "archive-writer"
    ARCHIVE_STORE = "archive-store"
    TWIN_SERVICE = "twin-service"
    DATA_CONNECTOR = "digital-twin-data-connector"
    DATA_CONNECTOR_LAST_ENTRY = "digital-twin-data-connector-last-entry"
    TWIN_WRITER = "twin-writer"
    DASHBOARD = "dashboard"


class KindInfo(msgspec.Struct, frozen=True):
    """Where a kind is at home, what it is to a cloud, and what it does."""

    slot: Slot
    type: ComponentType
    purpose: str


_F, _S, _V, _T = ComponentType.FUNCTION, ComponentType.STORE, ComponentType.SERVICE, ComponentType.SCHEDULE

KINDS: dict[Kind, KindInfo] = {
    Kind.DEVICE_GATEWAY: KindInfo(Slot.L1, _V, "takes what devices publish, and knows who they are"),
    Kind.DISPATCHER: KindInfo(Slot.L1, _F, "normalises a reading and invokes the processor by name"),
    Kind.CONNECTOR: KindInfo(Slot.L1, _F, "stands under the processor's name and posts to the ingestion endpoint"),
    Kind.DEVICE_COMMANDS: KindInfo(Slot.L1, _F, "takes feedback from another cloud and publishes it to the device"),
    Kind.INGESTION: KindInfo(Slot.L2, _F, "takes readings from another cloud and invokes the processor"),
    Kind.PROCESSOR: KindInfo(Slot.L2, _F, "runs the user's code and hands the result to the persister"),
    Kind.PERSISTER: KindInfo(Slot.L2, _F, "sees to it that a reading reaches the hot store"),
    Kind.TWIN_UPDATER: KindInfo(Slot.L2, _F, "writes the latest values to a twin service that does not read"),
    Kind.EVENT_CHECKER: KindInfo(Slot.L2, _F, "holds readings against the event rules"),
    Kind.EVENT_ACTION: KindInfo(Slot.L2, _F, "runs the user's function when a rule fires"),
    Kind.EVENT_WORKFLOW: KindInfo(Slot.L2, _V, "runs the workflow when a rule fires"),
    Kind.FEEDBACK: KindInfo(Slot.L2, _F, "sends a command back to a device when a rule fires"),
    Kind.HOT_WRITER: KindInfo(Slot.L3_HOT, _F, "takes readings from another cloud and writes the hot store"),
    Kind.HOT_STORE: KindInfo(Slot.L3_HOT, _S, "holds recent readings by device and time"),
    Kind.HOT_READER: KindInfo(Slot.L3_HOT, _F, "answers history by device, property and time"),
    Kind.HOT_READER_LAST_ENTRY: KindInfo(Slot.L3_HOT, _F, "answers the latest value of each property"),
    Kind.HOT_TO_COLD_SCHEDULE: KindInfo(Slot.L3_HOT, _T, "starts the hot-to-cold mover every day"),
    Kind.HOT_TO_COLD_MOVER: KindInfo(Slot.L3_HOT, _F, "moves what is past the hot retention"),
    Kind.COLD_WRITER: KindInfo(Slot.L3_COLD, _F, "takes chunks from another cloud and writes the cold store"),
    Kind.COLD_STORE: KindInfo(Slot.L3_COLD, _S, "holds readings past the hot retention as objects"),
    Kind.COLD_TO_ARCHIVE_SCHEDULE: KindInfo(Slot.L3_COLD, _T, "starts the cold-to-archive mover every day"),
    Kind.COLD_TO_ARCHIVE_MOVER: KindInfo(Slot.L3_COLD, _F, "moves what is past the cold retention"),
    Kind.ARCHIVE_WRITER: KindInfo(Slot.L3_ARCHIVE, _F, "takes objects from another cloud and writes the archive"),
    Kind.ARCHIVE_STORE: KindInfo(Slot.L3_ARCHIVE, _S, "holds readings past the cold retention, cheap and slow"),
    Kind.TWIN_SERVICE: KindInfo(Slot.L4, _V, "holds the model of the twin and answers for its state"),
    Kind.DATA_CONNECTOR: KindInfo(Slot.L4, _F, "routes the twin service's history reads to another cloud"),
    Kind.DATA_CONNECTOR_LAST_ENTRY: KindInfo(Slot.L4, _F, "routes the twin service's latest values to another cloud"),
    Kind.TWIN_WRITER: KindInfo(Slot.L4, _F, "takes latest values from another cloud and writes the twin service"),
    Kind.DASHBOARD: KindInfo(Slot.L5, _V, "shows the twin"),
}

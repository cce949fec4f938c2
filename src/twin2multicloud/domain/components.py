"""The table of kinds: what every component that a twin may have is, carries, needs and follows. Decides nothing.

A function is added by a line in `KINDS`, its rows in the planner's table, and its module below `functions`.
"""

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


class Access(StrEnum):
    """What a component may do with another. Permissions derive from it."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    SEND = "send"  # put a message into a queue or a topic
    INVOKE = "invoke"  # start it and wait for its answer


class SignIn(StrEnum):
    """How a dashboard's data source signs in."""

    PLUGIN = "plugin"  # by a plugin made for the service, with the cloud's own identity
    SIGV4 = "sigv4"
    OAUTH2 = "oauth2"
    TOKEN = "token"  # noqa: S105 - a word of the plan, never the secret itself


class Load(StrEnum):
    """What the runs of a function follow."""

    READINGS = "readings"  # batches of readings
    FIRED = "fired"  # readings that fire a rule
    HISTORY = "history"  # reads of history
    LATEST = "latest"  # reads of latest values
    CHUNKS = "chunks"  # objects of many readings
    DAY = "day"  # one run a day, over what the day made
    NONE = "none"  # no function, or one whose runs are charged with those that cause them


class Data(StrEnum):
    """What of a twin a function's bundle carries."""

    CATALOG = "catalog"
    HIERARCHY = "hierarchy"
    PROCESSORS = "processors"


class Kind(StrEnum):
    """Names that code speaks of. Any other key of `KINDS` is as good a kind: rows and plans take names as text."""

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
    ERROR_TOPIC = "error-topic"
    ERROR_REPORTER = "error-reporter"
    ERROR_TABLE = "error-table"


class KindInfo(msgspec.Struct, frozen=True):
    """Where a kind is at home, what it is to a cloud, what it does; of a function, what starts it and what it carries.

    `slot` is None for what every cloud in use has (the error path). `module` is below `functions`, empty where there is
    no code yet. `deployed_as` is the name that callers know it by, where it is another.
    """

    slot: Slot | None
    type: ComponentType
    purpose: str
    load: Load = Load.NONE
    triggers: tuple[Trigger, ...] = ()
    module: str = ""
    data: frozenset[Data] = frozenset()
    deployed_as: str = ""


_F, _S, _V, _T = ComponentType.FUNCTION, ComponentType.STORE, ComponentType.SERVICE, ComponentType.SCHEDULE
_QUEUED, _POSTED, _TIMED, _CALLED = (Trigger.QUEUE,), (Trigger.HTTP,), (Trigger.SCHEDULE,), (Trigger.CALL,)
_READ = _CALLED + _POSTED
_READER_DATA = frozenset({Data.CATALOG, Data.HIERARCHY})

KINDS: dict[str, KindInfo] = {
    Kind.DEVICE_GATEWAY: KindInfo(
        Slot.L1,
        _V,
        "takes what devices publish, and knows who they are",
        Load.NONE,
        _POSTED,
        "acquisition.device_gateway",
    ),
    Kind.DISPATCHER: KindInfo(
        Slot.L1,
        _F,
        "normalises a reading and invokes the processor by name",
        Load.READINGS,
        (Trigger.DEVICE,),
        "acquisition.dispatcher",
    ),
    Kind.CONNECTOR: KindInfo(
        Slot.L1,
        _F,
        "stands under the processor's name and posts to the ingestion endpoint",
        Load.READINGS,
        _QUEUED,
        "acquisition.connector",
        deployed_as=Kind.PROCESSOR,
    ),
    Kind.DEVICE_COMMANDS: KindInfo(
        Slot.L1, _F, "takes feedback from another cloud and publishes it to the device", Load.FIRED, _POSTED
    ),
    Kind.INGESTION: KindInfo(
        Slot.L2,
        _F,
        "takes readings from another cloud and invokes the processor",
        Load.READINGS,
        _POSTED,
        "processing.ingestion",
    ),
    Kind.PROCESSOR: KindInfo(
        Slot.L2,
        _F,
        "runs the user's code and hands the result to the persister",
        Load.READINGS,
        _QUEUED,
        "processing.processor",
        data=frozenset({Data.CATALOG, Data.PROCESSORS}),
    ),
    Kind.PERSISTER: KindInfo(
        Slot.L2, _F, "sees to it that a reading reaches the hot store", Load.READINGS, _QUEUED, "processing.persister"
    ),
    Kind.TWIN_UPDATER: KindInfo(
        Slot.L2, _F, "writes the latest values to a twin service that does not read", Load.READINGS, _QUEUED
    ),
    Kind.EVENT_CHECKER: KindInfo(Slot.L2, _F, "holds readings against the event rules", Load.READINGS, _QUEUED),
    Kind.EVENT_ACTION: KindInfo(Slot.L2, _F, "runs the user's function when a rule fires", Load.FIRED, _QUEUED),
    Kind.EVENT_WORKFLOW: KindInfo(Slot.L2, _V, "runs the workflow when a rule fires", Load.FIRED),
    Kind.FEEDBACK: KindInfo(Slot.L2, _F, "sends a command back to a device when a rule fires", Load.FIRED, _QUEUED),
    Kind.HOT_WRITER: KindInfo(
        Slot.L3_HOT,
        _F,
        "takes readings from another cloud and writes the hot store",
        Load.READINGS,
        _POSTED,
        "storage.hot_writer",
    ),
    Kind.HOT_STORE: KindInfo(Slot.L3_HOT, _S, "holds recent readings by device and time"),
    Kind.HOT_READER: KindInfo(
        Slot.L3_HOT,
        _F,
        "answers history by device, property and time",
        Load.HISTORY,
        _READ,
        "storage.hot_reader",
        data=_READER_DATA,
    ),
    Kind.HOT_READER_LAST_ENTRY: KindInfo(
        Slot.L3_HOT,
        _F,
        "answers the latest value of each property",
        Load.LATEST,
        _READ,
        "storage.hot_reader_last_entry",
        data=_READER_DATA,
    ),
    Kind.HOT_TO_COLD_SCHEDULE: KindInfo(Slot.L3_HOT, _T, "starts the hot-to-cold mover every day"),
    Kind.HOT_TO_COLD_MOVER: KindInfo(Slot.L3_HOT, _F, "moves what is past the hot retention", Load.DAY, _TIMED),
    Kind.COLD_WRITER: KindInfo(
        Slot.L3_COLD, _F, "takes chunks from another cloud and writes the cold store", Load.CHUNKS, _POSTED
    ),
    Kind.COLD_STORE: KindInfo(Slot.L3_COLD, _S, "holds readings past the hot retention as objects"),
    Kind.COLD_TO_ARCHIVE_SCHEDULE: KindInfo(Slot.L3_COLD, _T, "starts the cold-to-archive mover every day"),
    Kind.COLD_TO_ARCHIVE_MOVER: KindInfo(Slot.L3_COLD, _F, "moves what is past the cold retention", Load.DAY, _TIMED),
    Kind.ARCHIVE_WRITER: KindInfo(
        Slot.L3_ARCHIVE, _F, "takes objects from another cloud and writes the archive", Load.CHUNKS, _POSTED
    ),
    Kind.ARCHIVE_STORE: KindInfo(Slot.L3_ARCHIVE, _S, "holds readings past the cold retention, cheap and slow"),
    Kind.TWIN_SERVICE: KindInfo(Slot.L4, _V, "holds the model of the twin and answers for its state"),
    Kind.DATA_CONNECTOR: KindInfo(
        Slot.L4, _F, "routes the twin service's history reads to another cloud", Load.HISTORY, _CALLED
    ),
    Kind.DATA_CONNECTOR_LAST_ENTRY: KindInfo(
        Slot.L4, _F, "routes the twin service's latest values to another cloud", Load.LATEST, _CALLED
    ),
    Kind.TWIN_WRITER: KindInfo(
        Slot.L4, _F, "takes latest values from another cloud and writes the twin service", Load.READINGS, _POSTED
    ),
    Kind.DASHBOARD: KindInfo(Slot.L5, _V, "shows the twin"),
    Kind.ERROR_TOPIC: KindInfo(None, ComponentType.TOPIC, "every function reports what went wrong"),
    Kind.ERROR_REPORTER: KindInfo(None, _F, "stores what the topic brings, then tells the management backend"),
    Kind.ERROR_TABLE: KindInfo(None, _S, "keeps what went wrong"),
}


def home(kind: str) -> Slot:
    """The slot whose cloud a component stands on. Raises ValueError for a kind that every cloud has."""
    slot = KINDS[kind].slot
    if slot is None:
        raise ValueError(f"{kind} stands on every cloud")
    return slot


def has_code(kind: str) -> bool:
    """Whether a function of that name exists in code. Nothing else decides it."""
    return bool(KINDS[kind].module)

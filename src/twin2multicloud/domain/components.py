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


def _function(
    slot: Slot | None, load: Load, on: tuple[Trigger, ...], purpose: str, module: str = "", *data: Data, name: str = ""
) -> KindInfo:
    return KindInfo(slot, ComponentType.FUNCTION, purpose, load, on, module, frozenset(data), name)


def _fed(slot: Slot, purpose: str, module: str = "", *data: Data, load: Load = Load.READINGS) -> KindInfo:
    """A function that a queue starts."""
    return _function(slot, load, (Trigger.QUEUE,), purpose, module, *data)


def _endpoint(slot: Slot, purpose: str, module: str = "", load: Load = Load.READINGS) -> KindInfo:
    """A function that other clouds post to."""
    return _function(slot, load, (Trigger.HTTP,), purpose, module)


def _reader(purpose: str, module: str, load: Load) -> KindInfo:
    on = (Trigger.CALL, Trigger.HTTP)
    return _function(Slot.L3_HOT, load, on, purpose, module, Data.CATALOG, Data.HIERARCHY)


def _store(slot: Slot | None, purpose: str) -> KindInfo:
    return KindInfo(slot, ComponentType.STORE, purpose)


def _service(slot: Slot, purpose: str, module: str = "", *triggers: Trigger, load: Load = Load.NONE) -> KindInfo:
    return KindInfo(slot, ComponentType.SERVICE, purpose, load, triggers, module)


KINDS: dict[str, KindInfo] = {
    Kind.DEVICE_GATEWAY: _service(
        Slot.L1, "takes what devices publish, and knows who they are", "acquisition.device_gateway", Trigger.HTTP
    ),
    Kind.DISPATCHER: _function(
        Slot.L1,
        Load.READINGS,
        (Trigger.DEVICE,),
        "normalises a reading and invokes the processor by name",
        "acquisition.dispatcher",
    ),
    Kind.CONNECTOR: _function(
        Slot.L1,
        Load.READINGS,
        (Trigger.QUEUE,),
        "stands under the processor's name and posts to the ingestion endpoint",
        "acquisition.connector",
        name=Kind.PROCESSOR,
    ),
    Kind.DEVICE_COMMANDS: _endpoint(
        Slot.L1, "takes feedback from another cloud and publishes it to the device", load=Load.FIRED
    ),
    Kind.INGESTION: _endpoint(
        Slot.L2, "takes readings from another cloud and invokes the processor", "processing.ingestion"
    ),
    Kind.PROCESSOR: _fed(
        Slot.L2,
        "runs the user's code and hands the result to the persister",
        "processing.processor",
        Data.CATALOG,
        Data.PROCESSORS,
    ),
    Kind.PERSISTER: _fed(Slot.L2, "sees to it that a reading reaches the hot store", "processing.persister"),
    Kind.TWIN_UPDATER: _fed(Slot.L2, "writes the latest values to a twin service that does not read"),
    Kind.EVENT_CHECKER: _fed(Slot.L2, "holds readings against the event rules"),
    Kind.EVENT_ACTION: _fed(Slot.L2, "runs the user's function when a rule fires", load=Load.FIRED),
    Kind.EVENT_WORKFLOW: _service(Slot.L2, "runs the workflow when a rule fires", load=Load.FIRED),
    Kind.FEEDBACK: _fed(Slot.L2, "sends a command back to a device when a rule fires", load=Load.FIRED),
    Kind.HOT_WRITER: _endpoint(
        Slot.L3_HOT, "takes readings from another cloud and writes the hot store", "storage.hot_writer"
    ),
    Kind.HOT_STORE: _store(Slot.L3_HOT, "holds recent readings by device and time"),
    Kind.HOT_READER: _reader("answers history by device, property and time", "storage.hot_reader", Load.HISTORY),
    Kind.HOT_READER_LAST_ENTRY: _reader(
        "answers the latest value of each property", "storage.hot_reader_last_entry", Load.LATEST
    ),
    Kind.HOT_TO_COLD_SCHEDULE: KindInfo(Slot.L3_HOT, ComponentType.SCHEDULE, "starts the hot-to-cold mover every day"),
    Kind.HOT_TO_COLD_MOVER: _function(
        Slot.L3_HOT, Load.DAY, (Trigger.SCHEDULE,), "moves what is past the hot retention"
    ),
    Kind.COLD_WRITER: _endpoint(
        Slot.L3_COLD, "takes chunks from another cloud and writes the cold store", load=Load.CHUNKS
    ),
    Kind.COLD_STORE: _store(Slot.L3_COLD, "holds readings past the hot retention as objects"),
    Kind.COLD_TO_ARCHIVE_SCHEDULE: KindInfo(
        Slot.L3_COLD, ComponentType.SCHEDULE, "starts the cold-to-archive mover every day"
    ),
    Kind.COLD_TO_ARCHIVE_MOVER: _function(
        Slot.L3_COLD, Load.DAY, (Trigger.SCHEDULE,), "moves what is past the cold retention"
    ),
    Kind.ARCHIVE_WRITER: _endpoint(
        Slot.L3_ARCHIVE, "takes objects from another cloud and writes the archive", load=Load.CHUNKS
    ),
    Kind.ARCHIVE_STORE: _store(Slot.L3_ARCHIVE, "holds readings past the cold retention, cheap and slow"),
    Kind.TWIN_SERVICE: _service(Slot.L4, "holds the model of the twin and answers for its state"),
    Kind.DATA_CONNECTOR: _function(
        Slot.L4, Load.HISTORY, (Trigger.CALL,), "routes the twin service's history reads to another cloud"
    ),
    Kind.DATA_CONNECTOR_LAST_ENTRY: _function(
        Slot.L4, Load.LATEST, (Trigger.CALL,), "routes the twin service's latest values to another cloud"
    ),
    Kind.TWIN_WRITER: _endpoint(Slot.L4, "takes latest values from another cloud and writes the twin service"),
    Kind.DASHBOARD: _service(Slot.L5, "shows the twin"),
    Kind.ERROR_TOPIC: KindInfo(None, ComponentType.TOPIC, "every function reports what went wrong"),
    Kind.ERROR_REPORTER: _function(
        None, Load.NONE, (), "stores what the topic brings, then tells the management backend"
    ),
    Kind.ERROR_TABLE: _store(None, "keeps what went wrong"),
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

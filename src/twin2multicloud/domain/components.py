"""The table of kinds: type, purpose, triggers, load and data of every component of a twin. Decides nothing.

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
    RESTORE = "restore"  # ask for an archived object
    SEND = "send"  # put a message into a queue or a topic
    INVOKE = "invoke"  # start it and wait for its answer


class SignIn(StrEnum):
    """How a dashboard's data source signs in."""

    PLUGIN = "plugin"  # by a plugin made for the service, with the cloud's own identity
    SIGV4 = "sigv4"
    OAUTH2 = "oauth2"
    TOKEN = "token"  # noqa: S105 - a word of the plan, never the secret itself


class Load(StrEnum):
    """What determines how often a function runs."""

    READINGS = "readings"  # batches of readings
    FIRED = "fired"  # readings that fire a rule
    HISTORY = "history"  # reads of history
    LATEST = "latest"  # reads of latest values
    CHUNKS = "chunks"  # objects of many readings
    QUERIES = "queries"  # questions to a service, which its cloud bills with the service
    ROTA = "rota"  # runs by the rota, over what each day made
    NONE = "none"  # no function, or one that is charged with its callers


class Data(StrEnum):
    """The parts of a twin that a function's bundle carries; `payloads` is the catalog where a type has a payload."""

    CATALOG = "catalog"
    PAYLOADS = "payloads"
    HIERARCHY = "hierarchy"
    PROCESSORS = "processors"
    RULES = "rules"
    ACTIONS = "actions"


class Kind(StrEnum):
    """Names that code refers to. Any key of `KINDS` is a kind: rows and plans take names as text."""

    DEVICE_GATEWAY = "device-gateway"
    DISPATCHER = "dispatcher"
    DEVICE_DEAD_LETTERS = "device-dead-letters"
    CONNECTOR = "connector"
    DEVICE_COMMANDS = "device-commands"
    INGESTION = "ingestion"
    PROCESSOR = "processor"
    PERSISTER = "persister"
    TWIN_UPDATER = "twin-updater"
    EVENT_CHECKER = "event-checker"
    EVENT_TABLE = "event-table"
    EVENT_TABLE_ADMIN = "event-table-admin"
    EVENT_TABLE_SCHEDULE = "event-table-schedule"
    EVENT_ACTION = "event-action"
    EVENT_WORKFLOW = "event-workflow"
    FEEDBACK = "feedback"
    HOT_WRITER = "hot-writer"
    HOT_STORE = "hot-store"
    HOT_READER = "hot-reader"
    HOT_READER_LAST_ENTRY = "hot-reader-last-entry"
    HOT_STORE_ADMIN = "hot-store-admin"
    HOT_TO_COLD_SCHEDULE = "hot-to-cold-schedule"
    HOT_TO_COLD_MOVER = "hot-to-cold-mover"
    COLD_WRITER = "cold-writer"
    COLD_STORE = "cold-store"
    COLD_READER = "cold-reader"
    COLD_STORE_ADMIN = "cold-store-admin"
    COLD_TO_ARCHIVE_SCHEDULE = "cold-to-archive-schedule"
    COLD_TO_ARCHIVE_MOVER = "cold-to-archive-mover"
    ARCHIVE_WRITER = "archive-writer"
    ARCHIVE_STORE = "archive-store"
    ARCHIVE_READER = "archive-reader"
    ARCHIVE_STORE_ADMIN = "archive-store-admin"
    ARCHIVE_EXPIRY_SCHEDULE = "archive-expiry-schedule"
    TWIN_SERVICE = "twin-service"
    DATA_CONNECTOR = "digital-twin-data-connector"
    DATA_CONNECTOR_LAST_ENTRY = "digital-twin-data-connector-last-entry"
    TWIN_WRITER = "twin-writer"
    DASHBOARD = "dashboard"
    ERROR_TOPIC = "error-topic"
    ERROR_REPORTER = "error-reporter"
    ERROR_TABLE = "error-table"
    ERROR_TABLE_ADMIN = "error-table-admin"
    ERROR_TABLE_SCHEDULE = "error-table-schedule"


class KindInfo(msgspec.Struct, frozen=True):
    """Slot, type and purpose of a kind; for a function also its triggers, module and bundled data.

    `slot` is None for what every cloud in use has (the error path). `module` is below `functions`, empty where there is
    no code. `deployed_as` is the name that callers use, where it differs. `settings` are the attributes of the twin
    that its environment holds.
    """

    slot: Slot | None
    type: ComponentType
    purpose: str
    load: Load = Load.NONE
    triggers: tuple[Trigger, ...] = ()
    module: str = ""
    data: frozenset[Data] = frozenset()
    deployed_as: str = ""
    settings: tuple[str, ...] = ()


def _function(
    slot: Slot | None, load: Load, on: tuple[Trigger, ...], purpose: str, module: str = "", *data: Data, name: str = ""
) -> KindInfo:
    return KindInfo(slot, ComponentType.FUNCTION, purpose, load, on, module, frozenset(data), name)


def _fed(slot: Slot, purpose: str, module: str = "", *data: Data, load: Load = Load.READINGS) -> KindInfo:
    """A function that a queue starts."""
    return _function(slot, load, (Trigger.QUEUE,), purpose, module, *data)


def _endpoint(slot: Slot, purpose: str, module: str = "", *data: Data, load: Load = Load.READINGS) -> KindInfo:
    """A function that other clouds post to."""
    return _function(slot, load, (Trigger.HTTP,), purpose, module, *data)


def _reader(purpose: str, module: str, load: Load) -> KindInfo:
    on = (Trigger.CALL, Trigger.HTTP)
    return _function(Slot.L3_HOT, load, on, purpose, module, Data.CATALOG, Data.HIERARCHY)


def _mover(slot: Slot, purpose: str, module: str, setting: str, *data: Data) -> KindInfo:
    on = (Trigger.SCHEDULE, Trigger.CALL)
    return msgspec.structs.replace(_function(slot, Load.ROTA, on, purpose, module, *data), settings=(setting,))


def _admin(
    slot: Slot, purpose: str, module: str, *data: Data, on: tuple[Trigger, ...] = (), settings: tuple[str, ...] = ()
) -> KindInfo:
    """A function that the operator calls to administer a store."""
    made = _function(slot, Load.NONE, (Trigger.CALL, *on), purpose, module, *data)
    return msgspec.structs.replace(made, settings=settings)


def _store(slot: Slot | None, purpose: str) -> KindInfo:
    return KindInfo(slot, ComponentType.STORE, purpose)


def _schedule(slot: Slot | None, purpose: str) -> KindInfo:
    return KindInfo(slot, ComponentType.SCHEDULE, purpose)


def _service(slot: Slot, purpose: str, module: str = "", *triggers: Trigger, load: Load = Load.NONE) -> KindInfo:
    return KindInfo(slot, ComponentType.SERVICE, purpose, load, triggers, module)


KINDS: dict[str, KindInfo] = {
    Kind.DEVICE_GATEWAY: KindInfo(
        Slot.L1,
        ComponentType.SERVICE,
        "authenticates devices and receives what they publish",
        triggers=(Trigger.HTTP,),
        module="acquisition.device_gateway",
        data=frozenset({Data.PAYLOADS}),
    ),
    Kind.DISPATCHER: _function(
        Slot.L1,
        Load.READINGS,
        (Trigger.DEVICE,),
        "normalises device telemetry and sends it to the processor",
        "acquisition.dispatcher",
        Data.PAYLOADS,
    ),
    Kind.DEVICE_DEAD_LETTERS: KindInfo(
        Slot.L1, ComponentType.QUEUE, "keeps what the dispatcher refused, as it came, to be sent again"
    ),
    Kind.CONNECTOR: _function(
        Slot.L1,
        Load.READINGS,
        (Trigger.QUEUE,),
        "forwards readings to the ingestion endpoint under the processor's name",
        "acquisition.connector",
        name=Kind.PROCESSOR,
    ),
    Kind.DEVICE_COMMANDS: _endpoint(
        Slot.L1, "receives commands from another cloud and publishes them to the device", load=Load.FIRED
    ),
    Kind.INGESTION: _endpoint(
        Slot.L2, "receives readings from another cloud and queues them for the processor", "processing.ingestion"
    ),
    Kind.PROCESSOR: _fed(
        Slot.L2,
        "runs the user's processors and sends their results to the persister",
        "processing.processor",
        Data.CATALOG,
        Data.PROCESSORS,
    ),
    Kind.PERSISTER: _fed(Slot.L2, "writes readings to the hot store", "processing.persister"),
    Kind.TWIN_UPDATER: _fed(
        Slot.L2, "writes latest values to the twin service", "twins.twin_updater", Data.CATALOG, Data.HIERARCHY
    ),
    Kind.EVENT_CHECKER: _fed(
        Slot.L2, "evaluates event rules for each reading", "events.event_checker", Data.CATALOG, Data.RULES
    ),
    Kind.EVENT_TABLE: _store(Slot.L2, "stores what rules remember of devices, and the events that fired"),
    Kind.EVENT_TABLE_ADMIN: _admin(
        Slot.L2,
        "lists events and acknowledges them, finds silent devices, deletes old events",
        "events.event_table_admin",
        Data.CATALOG,
        Data.RULES,
        on=(Trigger.SCHEDULE,),
    ),
    Kind.EVENT_TABLE_SCHEDULE: _schedule(Slot.L2, "starts the event table's admin every ten minutes"),
    Kind.EVENT_ACTION: _fed(
        Slot.L2,
        "runs the user's function when a rule fires",
        "events.event_action",
        Data.RULES,
        Data.ACTIONS,
        load=Load.FIRED,
    ),
    Kind.EVENT_WORKFLOW: _service(Slot.L2, "runs the workflow when a rule fires", load=Load.FIRED),
    Kind.FEEDBACK: _fed(Slot.L2, "sends a command back to a device when a rule fires", load=Load.FIRED),
    Kind.HOT_WRITER: _endpoint(
        Slot.L3_HOT,
        "receives readings from another cloud and writes them to the hot store",
        "storage.hot_writer",
        Data.CATALOG,
    ),
    Kind.HOT_STORE: _store(Slot.L3_HOT, "stores recent readings by device and time"),
    Kind.HOT_READER: _reader("reads history by device, property and time", "storage.hot_reader", Load.HISTORY),
    Kind.HOT_READER_LAST_ENTRY: _reader(
        "reads the latest value of each property", "storage.hot_reader_last_entry", Load.LATEST
    ),
    Kind.HOT_STORE_ADMIN: _admin(Slot.L3_HOT, "erases a device's readings in the hot store", "storage.hot_store_admin"),
    Kind.HOT_TO_COLD_SCHEDULE: _schedule(Slot.L3_HOT, "starts the hot-to-cold mover every ten minutes"),
    Kind.HOT_TO_COLD_MOVER: _mover(
        Slot.L3_HOT,
        "moves readings past the hot retention to the cold store",
        "storage.hot_to_cold_mover",
        "hot_retention_days",
        Data.CATALOG,
    ),
    Kind.COLD_WRITER: _endpoint(
        Slot.L3_COLD,
        "receives chunks from another cloud and writes them to the cold store",
        "storage.cold_writer",
        load=Load.CHUNKS,
    ),
    Kind.COLD_READER: _endpoint(
        Slot.L3_COLD, "reads history in the cold store for the hot reader", "storage.cold_reader", load=Load.HISTORY
    ),
    Kind.COLD_STORE_ADMIN: _admin(
        Slot.L3_COLD, "lists the cold store, erases a device's readings in it", "storage.cold_store_admin"
    ),
    Kind.COLD_STORE: _store(Slot.L3_COLD, "stores readings past the hot retention as objects"),
    Kind.COLD_TO_ARCHIVE_SCHEDULE: _schedule(Slot.L3_COLD, "starts the cold-to-archive mover every ten minutes"),
    Kind.COLD_TO_ARCHIVE_MOVER: _mover(
        Slot.L3_COLD,
        "moves objects past the cold retention to the archive",
        "storage.cold_to_archive_mover",
        "cold_retention_days",
        Data.CATALOG,
    ),
    Kind.ARCHIVE_WRITER: _endpoint(
        Slot.L3_ARCHIVE,
        "receives objects from another cloud and writes them to the archive",
        "storage.archive_writer",
        load=Load.CHUNKS,
    ),
    Kind.ARCHIVE_READER: _endpoint(
        Slot.L3_ARCHIVE, "reads history in the archive for the hot reader", "storage.archive_reader", load=Load.HISTORY
    ),
    Kind.ARCHIVE_STORE_ADMIN: _admin(
        Slot.L3_ARCHIVE,
        "lists the archive, restores and erases a device's readings in it, deletes what is past its retention",
        "storage.archive_store_admin",
        Data.CATALOG,
        on=(Trigger.SCHEDULE,),
        settings=("archive_retention_days",),
    ),
    Kind.ARCHIVE_EXPIRY_SCHEDULE: _schedule(
        Slot.L3_ARCHIVE, "starts the deletion of what is past the archive retention every ten minutes"
    ),
    Kind.ARCHIVE_STORE: _store(Slot.L3_ARCHIVE, "stores readings past the cold retention at low cost and slow access"),
    Kind.TWIN_SERVICE: KindInfo(
        Slot.L4,
        ComponentType.SERVICE,
        "stores the model of the twin and serves its state",
        load=Load.QUERIES,
        triggers=(Trigger.CALL, Trigger.HTTP),
        module="twins.twin_service",
        data=frozenset({Data.CATALOG, Data.HIERARCHY}),
    ),
    Kind.DATA_CONNECTOR: _function(
        Slot.L4,
        Load.HISTORY,
        (Trigger.CALL,),
        "forwards history reads of the twin service to another cloud",
        "twins.data_connector",
    ),
    Kind.DATA_CONNECTOR_LAST_ENTRY: _function(
        Slot.L4,
        Load.LATEST,
        (Trigger.CALL,),
        "forwards latest-value reads of the twin service to another cloud",
        "twins.data_connector_last_entry",
    ),
    Kind.TWIN_WRITER: _endpoint(
        Slot.L4,
        "receives latest values from another cloud and writes them to the twin service",
        "twins.twin_writer",
        Data.CATALOG,
        Data.HIERARCHY,
    ),
    Kind.DASHBOARD: _service(Slot.L5, "shows the twin"),
    Kind.ERROR_TOPIC: KindInfo(None, ComponentType.TOPIC, "receives the error events of all functions"),
    Kind.ERROR_REPORTER: _function(
        None,
        Load.NONE,
        (Trigger.QUEUE,),
        "stores error events, then notifies the management backend",
        "errors.error_reporter",
    ),
    Kind.ERROR_TABLE: _store(None, "stores error events"),
    Kind.ERROR_TABLE_ADMIN: _function(
        None,
        Load.NONE,
        (Trigger.SCHEDULE, Trigger.CALL),
        "lists error events, sends those that the management backend has not, deletes old ones",
        "errors.error_table_admin",
    ),
    Kind.ERROR_TABLE_SCHEDULE: _schedule(None, "starts the error table's admin every ten minutes"),
}


def home(kind: str) -> Slot:
    """The slot whose cloud a component is on. Raises ValueError for a kind that every cloud has."""
    slot = KINDS[kind].slot
    if slot is None:
        raise ValueError(f"{kind} exists on every cloud")
    return slot


def runs_user_code(kind: str) -> bool:
    """Whether a function runs the user's code, which may end its process or never return."""
    return not KINDS[kind].data.isdisjoint({Data.PROCESSORS, Data.ACTIONS})


def only_reads(kind: str) -> bool:
    """Whether a function answers questions, and changes nothing."""
    return KINDS[kind].load in (Load.HISTORY, Load.LATEST, Load.QUERIES)


def has_code(kind: str) -> bool:
    """Whether a function of that name exists in code. Nothing else decides it."""
    return bool(KINDS[kind].module)

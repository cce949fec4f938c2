"""The planner's table: what exists at each boundary, on one cloud and across. Nothing else decides it.

A row names two slots. `same` holds where both are on one cloud, `different` where they are not, each as the calls it
takes. A component exists because a call names it. A call with a `url` crosses to an endpoint; no other call makes one.
"""

from collections.abc import Callable

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import DEVICES, OPERATOR, Access, Kind, SignIn
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.event_rows import EVENTS
from twin2multicloud.planning.rows import (
    ConnectorCall,
    ConnectorRow,
    call,
    case,
    crossing,
    feed,
    inside,
    post,
    start,
    store,
)
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Delivery

_ALL_ACCESS = (Access.READ, Access.WRITE, Access.DELETE, Access.RESTORE)


def _twin_service(asks: Callable[[CloudServices], bool]) -> Callable[[Twin], bool]:
    return lambda twin: asks(services_of(twin.placement.l4))


def _through_twin(sign_in: SignIn) -> Callable[[Twin], bool]:
    return lambda twin: (
        twin.dashboard is DashboardSource.TWIN and services_of(twin.placement.l4).twin_sign_in is sign_in
    )


def _from_hot_store(*, plugin: bool) -> Callable[[Twin], bool]:
    return lambda twin: (
        twin.dashboard is DashboardSource.HOT_STORE and services_of(twin.placement.l3_hot).hot_store_plugin is plugin
    )


def _query(target: str, sign_in: SignIn, *, serves: bool = False) -> ConnectorCall:
    return ConnectorCall(Kind.DASHBOARD, target, Delivery.QUERY, sign_in=sign_in, serves=serves)


def _administration(name: str, slot: Slot, reason: str, store: ConnectorCall) -> ConnectorRow:
    """The operator calls what administers a store."""
    return inside(name, slot, case(reason, call(OPERATOR, store.source), store))


def _twin_view(
    name: str, sign_in: SignIn, remote: SignIn, same: str, different: str, *, serves: bool = False
) -> ConnectorRow:
    return crossing(
        (Slot.L4, Slot.L5),
        case(f"pattern A: {same}", _query(Kind.TWIN_SERVICE, sign_in, serves=serves)),
        case(f"pattern C: {different}", _query(Kind.TWIN_SERVICE, remote, serves=serves)),
        name=f"L4 → L5 ({name})",
        applies=_through_twin(sign_in),
    )


_READERS = (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY)
_READER_QUERIES = tuple(_query(reader, SignIn.TOKEN, serves=True) for reader in _READERS)
_READER_ENDPOINT = case("Grafana reads the hot readers over Infinity with the token", *_READER_QUERIES)

INSIDE_SLOTS: tuple[ConnectorRow, ...] = (
    inside(
        "devices → L1",
        Slot.L1,
        case(
            "the device service delivers every publish to the dispatcher, which keeps what it refuses",
            ConnectorCall(DEVICES, Kind.DEVICE_GATEWAY, Delivery.DEVICE),
            ConnectorCall(Kind.DEVICE_GATEWAY, Kind.DISPATCHER, Delivery.DEVICE),
            feed(Kind.DISPATCHER, Kind.DEVICE_DEAD_LETTERS),
        ),
    ),
    inside(
        "operator → L3-hot",
        Slot.L3_HOT,
        case(
            "t2mc query and the checks call the hot readers natively",
            *(call(OPERATOR, reader) for reader in _READERS),
            *(store(reader, Kind.HOT_STORE, Access.READ) for reader in _READERS),
        ),
    ),
    _administration(
        "hot-store administration",
        Slot.L3_HOT,
        "t2mc erase removes a device from the hot store",
        store(Kind.HOT_STORE_ADMIN, Kind.HOT_STORE, Access.READ, Access.DELETE),
    ),
    _administration(
        "cold-store administration",
        Slot.L3_COLD,
        "t2mc erase removes a device from the cold store; t2mc storage lists it",
        store(Kind.COLD_STORE_ADMIN, Kind.COLD_STORE, Access.READ, Access.DELETE),
    ),
    _administration(
        "archive administration",
        Slot.L3_ARCHIVE,
        "t2mc restore and erase reach the archive",
        store(Kind.ARCHIVE_STORE_ADMIN, Kind.ARCHIVE_STORE, *_ALL_ACCESS),
    ),
    inside(
        "archive retention",
        Slot.L3_ARCHIVE,
        case(
            "what is past the archive retention is deleted, with a record",
            start(Kind.ARCHIVE_EXPIRY_SCHEDULE, Kind.ARCHIVE_STORE_ADMIN),
        ),
        lambda twin: twin.archive_retention_days is not None,
    ),
    inside(
        "operator → L4", Slot.L4, case("the model is deployed to the twin service", call(OPERATOR, Kind.TWIN_SERVICE))
    ),
    inside("operator → L5", Slot.L5, case("people open the dashboard", call(OPERATOR, Kind.DASHBOARD))),
)

BOUNDARIES: tuple[ConnectorRow, ...] = (
    crossing(
        (Slot.L1, Slot.L2),
        case("dispatcher invokes the processor", feed(Kind.DISPATCHER, Kind.PROCESSOR)),
        case(
            "a connector deployed under the processor's name POSTs to the ingestion endpoint, "
            "which invokes the real processor",
            feed(Kind.DISPATCHER, Kind.CONNECTOR),
            post(Kind.CONNECTOR, Kind.INGESTION, "REMOTE_INGESTION_URL"),
            feed(Kind.INGESTION, Kind.PROCESSOR),
        ),
    ),
    crossing(
        (Slot.L2, Slot.L3_HOT),
        case("persister writes the store directly", store(Kind.PERSISTER, Kind.HOT_STORE, Access.WRITE)),
        case(
            "persister POSTs to the hot-writer",
            post(Kind.PERSISTER, Kind.HOT_WRITER, "REMOTE_WRITER_URL"),
            store(Kind.HOT_WRITER, Kind.HOT_STORE, Access.WRITE),
        ),
        first=(feed(Kind.PROCESSOR, Kind.PERSISTER),),
    ),
    crossing(
        (Slot.L3_HOT, Slot.L3_COLD),
        case("hot-to-cold mover writes the object store", store(Kind.HOT_TO_COLD_MOVER, Kind.COLD_STORE, Access.WRITE)),
        case(
            "mover POSTs chunks to the cold-writer",
            post(Kind.HOT_TO_COLD_MOVER, Kind.COLD_WRITER, "REMOTE_COLD_WRITER_URL"),
            store(Kind.COLD_WRITER, Kind.COLD_STORE, Access.WRITE),
        ),
        first=(
            start(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER),
            call(OPERATOR, Kind.HOT_TO_COLD_MOVER),
            store(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Access.READ, Access.DELETE),
        ),
    ),
    crossing(
        (Slot.L3_COLD, Slot.L3_ARCHIVE),
        case(
            "cold-to-archive mover has the cloud copy the object into the archive's storage class",
            store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_STORE, Access.WRITE),
        ),
        case(
            "mover POSTs to the archive-writer",
            post(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_WRITER, "REMOTE_ARCHIVE_WRITER_URL"),
            store(Kind.ARCHIVE_WRITER, Kind.ARCHIVE_STORE, Access.WRITE),
        ),
        first=(
            start(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER),
            call(OPERATOR, Kind.COLD_TO_ARCHIVE_MOVER),
            store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Access.READ, Access.DELETE),
        ),
    ),
    crossing(
        (Slot.L3_COLD, Slot.L3_HOT),
        case(
            "the hot readers read older history themselves",
            *(store(reader, Kind.COLD_STORE, Access.READ) for reader in _READERS),
        ),
        case(
            "the hot readers ask the cold-reader for older history",
            *(post(reader, Kind.COLD_READER, "REMOTE_COLD_READER_URL") for reader in _READERS),
            store(Kind.COLD_READER, Kind.COLD_STORE, Access.READ),
        ),
    ),
    crossing(
        (Slot.L3_ARCHIVE, Slot.L3_HOT),
        case(
            "the hot readers read the oldest themselves",
            *(store(reader, Kind.ARCHIVE_STORE, Access.READ) for reader in _READERS),
        ),
        case(
            "the hot readers ask the archive-reader for the oldest history",
            *(post(reader, Kind.ARCHIVE_READER, "REMOTE_ARCHIVE_READER_URL") for reader in _READERS),
            store(Kind.ARCHIVE_READER, Kind.ARCHIVE_STORE, Access.READ),
        ),
    ),
    crossing(
        (Slot.L3_HOT, Slot.L4),
        case(
            "the twin service calls the hot reader natively", *(call(Kind.TWIN_SERVICE, reader) for reader in _READERS)
        ),
        case(
            "the hot readers get URLs; digital-twin-data-connectors on L4's cloud route to them",
            call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR),
            call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR_LAST_ENTRY),
            call(OPERATOR, Kind.DATA_CONNECTOR),
            call(OPERATOR, Kind.DATA_CONNECTOR_LAST_ENTRY),
            post(Kind.DATA_CONNECTOR, Kind.HOT_READER, "REMOTE_READER_URL"),
            post(Kind.DATA_CONNECTOR_LAST_ENTRY, Kind.HOT_READER_LAST_ENTRY, "REMOTE_READER_LAST_ENTRY_URL"),
        ),
        applies=_twin_service(lambda services: services.twin_reads),
    ),
    crossing(
        (Slot.L2, Slot.L4),
        case(
            "Azure Digital Twins does not read, so the twin-updater writes to it",
            call(Kind.TWIN_UPDATER, Kind.TWIN_SERVICE),
        ),
        case(
            "latest values are POSTed to the twin-writer on L4's cloud",
            post(Kind.TWIN_UPDATER, Kind.TWIN_WRITER, "REMOTE_TWIN_WRITER_URL"),
            call(Kind.TWIN_WRITER, Kind.TWIN_SERVICE),
        ),
        first=(feed(Kind.PROCESSOR, Kind.TWIN_UPDATER),),
        applies=_twin_service(lambda services: not services.twin_reads),
    ),
    _twin_view(
        "plugin",
        SignIn.PLUGIN,
        SignIn.SIGV4,
        "the TwinMaker plugin reads TwinMaker",
        "Infinity reads TwinMaker with SigV4",
    ),
    _twin_view("OAuth2", SignIn.OAUTH2, SignIn.OAUTH2, *("Infinity reads Azure Digital Twins with OAuth2",) * 2),
    _twin_view(
        "token", SignIn.TOKEN, SignIn.TOKEN, *("Infinity reads the twin service with a token",) * 2, serves=True
    ),
    crossing(
        (Slot.L3_HOT, Slot.L5),
        case("pattern B: the Firestore community plugin reads the store", _query(Kind.HOT_STORE, SignIn.PLUGIN)),
        _READER_ENDPOINT,
        name="L3-hot → L5 (Firestore)",
        applies=_from_hot_store(plugin=True),
    ),
    crossing(
        (Slot.L3_HOT, Slot.L5),
        case(
            "pattern B: DynamoDB and Cosmos DB plugins are Enterprise, so Grafana reads the hot readers here too",
            *_READER_QUERIES,
        ),
        _READER_ENDPOINT,
        name="L3-hot → L5 (reader endpoint)",
        applies=_from_hot_store(plugin=False),
    ),
)

TABLE: list[ConnectorRow] = [*INSIDE_SLOTS, *BOUNDARIES, *EVENTS]
"""All rows. A list, so that a row can be added from outside."""


def reading_kinds() -> frozenset[str]:
    """The functions whose only use of a store is to read it."""
    calls = {call for row in TABLE for call in row.calls}
    stores = [call for call in calls if call.delivery is Delivery.STORE]
    changing = {call.source for call in stores if call.access != (Access.READ,)}
    return frozenset(call.source for call in stores) - changing

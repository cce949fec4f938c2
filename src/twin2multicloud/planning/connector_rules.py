"""The planner's table: what exists at each boundary, on one cloud and across. Nothing else decides it.

A row names two slots. `same` holds where both are on one cloud, `different` where they are not, each as the calls it
takes. A component exists because a call names it. A call with a `url` crosses to an endpoint; no other call makes one.
"""

from collections.abc import Callable
from functools import partial

import msgspec

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import DEVICES, OPERATOR, Access, Kind, SignIn
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Delivery

_ALL_ACCESS = (Access.READ, Access.WRITE, Access.DELETE, Access.RESTORE)
_USUAL_ACCESS = {Delivery.DEVICE: Access.SEND, Delivery.QUEUE: Access.SEND, Delivery.QUERY: Access.READ}


class ConnectorCall(msgspec.Struct, frozen=True):
    """One component reaching another. `url` names the variable of a crossing; `sign_in` is a data source's.

    `stated` is what the source may do with a store; other deliveries imply it, see `access`. `serves` marks an
    endpoint that a data source reads: it has a URL although none of our functions holds it.
    """

    source: str
    target: str
    delivery: Delivery
    url: str | None = None
    sign_in: SignIn | None = None
    serves: bool = False
    stated: tuple[Access, ...] = ()

    @property
    def access(self) -> tuple[Access, ...]:
        """What the source may do with the target."""
        return self.stated or (_USUAL_ACCESS.get(self.delivery, Access.INVOKE),)


class Case(msgspec.Struct, frozen=True):
    """One case of a row: its reason as text, and its calls."""

    reason: str
    calls: tuple[ConnectorCall, ...]


def _always(_: Twin) -> bool:
    return True


class ConnectorRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. Rows inside one slot have no `different`."""

    name: str
    source: Slot
    target: Slot
    same: Case
    different: Case | None = None
    applies: Callable[[Twin], bool] = _always

    def between(self, here: Cloud, there: Cloud) -> Case:
        """The case that holds where the row's two slots are on these clouds."""
        return self.same if here == there or self.different is None else self.different

    @property
    def calls(self) -> tuple[ConnectorCall, ...]:
        """The calls of both cases."""
        return self.same.calls + (self.different.calls if self.different else ())

    @property
    def boundary(self) -> str:
        """What the boundary is called in tables and metrics: its two slots, or the row where it stays inside one."""
        return self.name if self.source is self.target else f"{self.source} → {self.target}"


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


def _events(kind: ActionKind | None = None) -> Callable[[Twin], bool]:
    def applies(twin: Twin) -> bool:
        return twin.enable_events and (
            kind is None or kind in {rule.action.kind for rule in twin.events if rule.action is not None}
        )

    return applies


def _row(
    slots: tuple[Slot, Slot],
    same: Case,
    different: Case,
    *,
    name: str = "",
    first: tuple[ConnectorCall, ...] = (),
    applies: Callable[[Twin], bool] = _always,
) -> ConnectorRow:
    """A row between two slots. `first` are the calls that both cases start with."""
    same, different = (Case(each.reason, first + each.calls) for each in (same, different))
    name = name or " → ".join(slots)
    return ConnectorRow(name=name, source=slots[0], target=slots[1], same=same, different=different, applies=applies)


def _inside(name: str, slot: Slot, case: Case, applies: Callable[[Twin], bool] = _always) -> ConnectorRow:
    return ConnectorRow(name=name, source=slot, target=slot, same=case, applies=applies)


def _case(reason: str, *calls: ConnectorCall) -> Case:
    return Case(reason, calls)


_feed = partial(ConnectorCall, delivery=Delivery.QUEUE)
_call = partial(ConnectorCall, delivery=Delivery.CALL)
_start = partial(ConnectorCall, delivery=Delivery.SCHEDULE)


def _post(source: str, target: str, url: str) -> ConnectorCall:
    return ConnectorCall(source, target, Delivery.POST, url)


def _store(source: str, target: str, *access: Access) -> ConnectorCall:
    return ConnectorCall(source, target, Delivery.STORE, stated=access)


def _query(target: str, sign_in: SignIn, *, serves: bool = False) -> ConnectorCall:
    return ConnectorCall(Kind.DASHBOARD, target, Delivery.QUERY, sign_in=sign_in, serves=serves)


def _administration(name: str, slot: Slot, reason: str, store: ConnectorCall) -> ConnectorRow:
    """The operator calls what administers a store."""
    return _inside(name, slot, _case(reason, _call(OPERATOR, store.source), store))


def _twin_view(
    name: str, sign_in: SignIn, remote: SignIn, same: str, different: str, *, serves: bool = False
) -> ConnectorRow:
    return _row(
        (Slot.L4, Slot.L5),
        _case(f"pattern A: {same}", _query(Kind.TWIN_SERVICE, sign_in, serves=serves)),
        _case(f"pattern C: {different}", _query(Kind.TWIN_SERVICE, remote, serves=serves)),
        name=f"L4 → L5 ({name})",
        applies=_through_twin(sign_in),
    )


_READERS = (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY)
_READER_QUERIES = tuple(_query(reader, SignIn.TOKEN, serves=True) for reader in _READERS)
_READER_ENDPOINT = _case("Grafana reads the hot readers over Infinity with the token", *_READER_QUERIES)

INSIDE_SLOTS: tuple[ConnectorRow, ...] = (
    _inside(
        "devices → L1",
        Slot.L1,
        _case(
            "the device service delivers every publish to the dispatcher, which keeps what it refuses",
            ConnectorCall(DEVICES, Kind.DEVICE_GATEWAY, Delivery.DEVICE),
            ConnectorCall(Kind.DEVICE_GATEWAY, Kind.DISPATCHER, Delivery.DEVICE),
            _feed(Kind.DISPATCHER, Kind.DEVICE_DEAD_LETTERS),
        ),
    ),
    _inside(
        "operator → L3-hot",
        Slot.L3_HOT,
        _case(
            "t2mc query and the checks call the hot readers natively",
            *(_call(OPERATOR, reader) for reader in _READERS),
            *(_store(reader, Kind.HOT_STORE, Access.READ) for reader in _READERS),
        ),
    ),
    _administration(
        "hot-store administration",
        Slot.L3_HOT,
        "t2mc erase removes a device from the hot store",
        _store(Kind.HOT_STORE_ADMIN, Kind.HOT_STORE, Access.READ, Access.DELETE),
    ),
    _administration(
        "cold-store administration",
        Slot.L3_COLD,
        "t2mc erase removes a device from the cold store; t2mc storage lists it",
        _store(Kind.COLD_STORE_ADMIN, Kind.COLD_STORE, Access.READ, Access.DELETE),
    ),
    _administration(
        "archive administration",
        Slot.L3_ARCHIVE,
        "t2mc restore and erase reach the archive",
        _store(Kind.ARCHIVE_STORE_ADMIN, Kind.ARCHIVE_STORE, *_ALL_ACCESS),
    ),
    _inside(
        "archive retention",
        Slot.L3_ARCHIVE,
        _case(
            "what is past the archive retention is deleted, with a record",
            _start(Kind.ARCHIVE_EXPIRY_SCHEDULE, Kind.ARCHIVE_STORE_ADMIN),
        ),
        lambda twin: twin.archive_retention_days is not None,
    ),
    _inside(
        "operator → L4", Slot.L4, _case("the model is deployed to the twin service", _call(OPERATOR, Kind.TWIN_SERVICE))
    ),
    _inside("operator → L5", Slot.L5, _case("people open the dashboard", _call(OPERATOR, Kind.DASHBOARD))),
)

BOUNDARIES: tuple[ConnectorRow, ...] = (
    _row(
        (Slot.L1, Slot.L2),
        _case("dispatcher invokes the processor", _feed(Kind.DISPATCHER, Kind.PROCESSOR)),
        _case(
            "a connector deployed under the processor's name POSTs to the ingestion endpoint, "
            "which invokes the real processor",
            _feed(Kind.DISPATCHER, Kind.CONNECTOR),
            _post(Kind.CONNECTOR, Kind.INGESTION, "REMOTE_INGESTION_URL"),
            _feed(Kind.INGESTION, Kind.PROCESSOR),
        ),
    ),
    _row(
        (Slot.L2, Slot.L3_HOT),
        _case("persister writes the store directly", _store(Kind.PERSISTER, Kind.HOT_STORE, Access.WRITE)),
        _case(
            "persister POSTs to the hot-writer",
            _post(Kind.PERSISTER, Kind.HOT_WRITER, "REMOTE_WRITER_URL"),
            _store(Kind.HOT_WRITER, Kind.HOT_STORE, Access.WRITE),
        ),
        first=(_feed(Kind.PROCESSOR, Kind.PERSISTER),),
    ),
    _row(
        (Slot.L3_HOT, Slot.L3_COLD),
        _case(
            "hot-to-cold mover writes the object store", _store(Kind.HOT_TO_COLD_MOVER, Kind.COLD_STORE, Access.WRITE)
        ),
        _case(
            "mover POSTs chunks to the cold-writer",
            _post(Kind.HOT_TO_COLD_MOVER, Kind.COLD_WRITER, "REMOTE_COLD_WRITER_URL"),
            _store(Kind.COLD_WRITER, Kind.COLD_STORE, Access.WRITE),
        ),
        first=(
            _start(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER),
            _call(OPERATOR, Kind.HOT_TO_COLD_MOVER),
            _store(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Access.READ, Access.DELETE),
        ),
    ),
    _row(
        (Slot.L3_COLD, Slot.L3_ARCHIVE),
        _case(
            "cold-to-archive mover has the cloud copy the object into the archive's storage class",
            _store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_STORE, Access.WRITE),
        ),
        _case(
            "mover POSTs to the archive-writer",
            _post(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_WRITER, "REMOTE_ARCHIVE_WRITER_URL"),
            _store(Kind.ARCHIVE_WRITER, Kind.ARCHIVE_STORE, Access.WRITE),
        ),
        first=(
            _start(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER),
            _call(OPERATOR, Kind.COLD_TO_ARCHIVE_MOVER),
            _store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Access.READ, Access.DELETE),
        ),
    ),
    _row(
        (Slot.L3_COLD, Slot.L3_HOT),
        _case(
            "the hot readers read older history themselves",
            *(_store(reader, Kind.COLD_STORE, Access.READ) for reader in _READERS),
        ),
        _case(
            "the hot readers ask the cold-reader for older history",
            *(_post(reader, Kind.COLD_READER, "REMOTE_COLD_READER_URL") for reader in _READERS),
            _store(Kind.COLD_READER, Kind.COLD_STORE, Access.READ),
        ),
    ),
    _row(
        (Slot.L3_ARCHIVE, Slot.L3_HOT),
        _case(
            "the hot readers read the oldest themselves",
            *(_store(reader, Kind.ARCHIVE_STORE, Access.READ) for reader in _READERS),
        ),
        _case(
            "the hot readers ask the archive-reader for the oldest history",
            *(_post(reader, Kind.ARCHIVE_READER, "REMOTE_ARCHIVE_READER_URL") for reader in _READERS),
            _store(Kind.ARCHIVE_READER, Kind.ARCHIVE_STORE, Access.READ),
        ),
    ),
    _row(
        (Slot.L3_HOT, Slot.L4),
        _case(
            "the twin service calls the hot reader natively", *(_call(Kind.TWIN_SERVICE, reader) for reader in _READERS)
        ),
        _case(
            "the hot readers get URLs; digital-twin-data-connectors on L4's cloud route to them",
            _call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR),
            _call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR_LAST_ENTRY),
            _call(OPERATOR, Kind.DATA_CONNECTOR),
            _call(OPERATOR, Kind.DATA_CONNECTOR_LAST_ENTRY),
            _post(Kind.DATA_CONNECTOR, Kind.HOT_READER, "REMOTE_READER_URL"),
            _post(Kind.DATA_CONNECTOR_LAST_ENTRY, Kind.HOT_READER_LAST_ENTRY, "REMOTE_READER_LAST_ENTRY_URL"),
        ),
        applies=_twin_service(lambda services: services.twin_reads),
    ),
    _row(
        (Slot.L2, Slot.L4),
        _case(
            "Azure Digital Twins does not read, so the twin-updater writes to it",
            _call(Kind.TWIN_UPDATER, Kind.TWIN_SERVICE),
        ),
        _case(
            "latest values are POSTed to the twin-writer on L4's cloud",
            _post(Kind.TWIN_UPDATER, Kind.TWIN_WRITER, "REMOTE_TWIN_WRITER_URL"),
            _call(Kind.TWIN_WRITER, Kind.TWIN_SERVICE),
        ),
        first=(_feed(Kind.PROCESSOR, Kind.TWIN_UPDATER),),
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
    _row(
        (Slot.L3_HOT, Slot.L5),
        _case("pattern B: the Firestore community plugin reads the store", _query(Kind.HOT_STORE, SignIn.PLUGIN)),
        _READER_ENDPOINT,
        name="L3-hot → L5 (Firestore)",
        applies=_from_hot_store(plugin=True),
    ),
    _row(
        (Slot.L3_HOT, Slot.L5),
        _case(
            "pattern B: DynamoDB and Cosmos DB plugins are Enterprise, so Grafana reads the hot readers here too",
            *_READER_QUERIES,
        ),
        _READER_ENDPOINT,
        name="L3-hot → L5 (reader endpoint)",
        applies=_from_hot_store(plugin=False),
    ),
)

EVENTS: tuple[ConnectorRow, ...] = (
    _inside(
        "L2 events",
        Slot.L2,
        _case(
            "the processor sends readings to the event checker, which remembers by device in the event table",
            _feed(Kind.PROCESSOR, Kind.EVENT_CHECKER),
            _store(Kind.EVENT_CHECKER, Kind.EVENT_TABLE, Access.READ, Access.WRITE, Access.DELETE),
        ),
        _events(),
    ),
    _inside(
        "event administration",
        Slot.L2,
        _case(
            "t2mc events lists events and acknowledges them; a schedule finds silent devices and old events",
            _start(Kind.EVENT_TABLE_SCHEDULE, Kind.EVENT_TABLE_ADMIN),
            _call(OPERATOR, Kind.EVENT_TABLE_ADMIN),
            _store(Kind.EVENT_TABLE_ADMIN, Kind.EVENT_TABLE, Access.READ, Access.WRITE, Access.DELETE),
        ),
        _events(),
    ),
    _inside(
        "L2 event actions",
        Slot.L2,
        _case(
            "a rule that fires runs the user's function",
            _feed(Kind.EVENT_CHECKER, Kind.EVENT_ACTION),
            _feed(Kind.EVENT_TABLE_ADMIN, Kind.EVENT_ACTION),
            _store(Kind.EVENT_ACTION, Kind.EVENT_TABLE, Access.READ, Access.WRITE),
        ),
        _events(ActionKind.FUNCTION),
    ),
    _inside(
        "L2 event workflow",
        Slot.L2,
        _case("a rule that fires starts the workflow", _call(Kind.EVENT_CHECKER, Kind.EVENT_WORKFLOW)),
        _events(ActionKind.WORKFLOW),
    ),
    _row(
        (Slot.L2, Slot.L1),
        _case("feedback publishes to the device", _call(Kind.FEEDBACK, Kind.DEVICE_GATEWAY)),
        _case(
            "feedback POSTs to the device-commands endpoint on L1's cloud",
            _post(Kind.FEEDBACK, Kind.DEVICE_COMMANDS, "REMOTE_FEEDBACK_URL"),
            _call(Kind.DEVICE_COMMANDS, Kind.DEVICE_GATEWAY),
        ),
        first=(_feed(Kind.EVENT_CHECKER, Kind.FEEDBACK),),
        applies=_events(ActionKind.FEEDBACK),
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

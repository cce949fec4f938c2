"""The planner's table: what exists at each boundary, on one cloud and across. Read it aloud; nothing else decides.

A row names two slots. `same` holds where both are on one cloud, `different` where they are not, each as the calls it
takes. A component exists because a call names it. A call with a `url` crosses to an endpoint; no other call makes one.
"""

from collections.abc import Callable

import msgspec

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import DEVICES, OPERATOR, Access, Kind, SignIn
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Delivery

_USUAL_ACCESS = {Delivery.DEVICE: Access.SEND, Delivery.QUEUE: Access.SEND, Delivery.QUERY: Access.READ}


class Call(msgspec.Struct, frozen=True):
    """One component reaching another. `url` names the variable of a crossing; `sign_in` is a data source's.

    `stated` is what the source may do with a store; other deliveries say it themselves, see `access`. `serves` marks an
    endpoint that a data source reads: it has a URL although no function of ours holds it.
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
    """What a row says for one case, in words and as calls."""

    says: str
    calls: tuple[Call, ...]


def _always(_: Twin) -> bool:
    return True


class Row(msgspec.Struct, frozen=True, kw_only=True):
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
        return twin.enable_events and (kind is None or any(rule.action.kind is kind for rule in twin.events))

    return applies


def _store(source: str, target: str, *access: Access) -> Call:
    return Call(source, target, Delivery.STORE, stated=access)


def _twin_view(name: str, sign_in: SignIn, remote: SignIn, same: str, different: str) -> Row:
    return Row(
        name=f"L4 → L5 ({name})",
        source=Slot.L4,
        target=Slot.L5,
        applies=_through_twin(sign_in),
        same=Case(f"pattern A: {same}", (Call(Kind.DASHBOARD, Kind.TWIN_SERVICE, Delivery.QUERY, sign_in=sign_in),)),
        different=Case(
            f"pattern C: {different}", (Call(Kind.DASHBOARD, Kind.TWIN_SERVICE, Delivery.QUERY, sign_in=remote),)
        ),
    )


def _reader_queries(sign_in: SignIn) -> tuple[Call, ...]:
    return tuple(
        Call(Kind.DASHBOARD, reader, Delivery.QUERY, sign_in=sign_in, serves=True)
        for reader in (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY)
    )


_READER_ENDPOINT = Case("any Grafana reads any hot reader over Infinity with the token", _reader_queries(SignIn.TOKEN))
_STORE_READS = (
    _store(Kind.HOT_READER, Kind.HOT_STORE, Access.READ),
    _store(Kind.HOT_READER_LAST_ENTRY, Kind.HOT_STORE, Access.READ),
)

INSIDE_SLOTS: tuple[Row, ...] = (
    Row(
        name="devices → L1",
        source=Slot.L1,
        target=Slot.L1,
        same=Case(
            "the device service hands every reading to the dispatcher",
            (
                Call(DEVICES, Kind.DEVICE_GATEWAY, Delivery.DEVICE),
                Call(Kind.DEVICE_GATEWAY, Kind.DISPATCHER, Delivery.DEVICE),
            ),
        ),
    ),
    Row(
        name="operator → L3-hot",
        source=Slot.L3_HOT,
        target=Slot.L3_HOT,
        same=Case(
            "t2mc query and the checks call the hot readers natively",
            (
                Call(OPERATOR, Kind.HOT_READER, Delivery.CALL),
                Call(OPERATOR, Kind.HOT_READER_LAST_ENTRY, Delivery.CALL),
                *_STORE_READS,
            ),
        ),
    ),
    Row(
        name="operator → L4",
        source=Slot.L4,
        target=Slot.L4,
        same=Case("the model is deployed to the twin service", (Call(OPERATOR, Kind.TWIN_SERVICE, Delivery.CALL),)),
    ),
    Row(
        name="operator → L5",
        source=Slot.L5,
        target=Slot.L5,
        same=Case("people look at the dashboard", (Call(OPERATOR, Kind.DASHBOARD, Delivery.CALL),)),
    ),
)

BOUNDARIES: tuple[Row, ...] = (
    Row(
        name="L1 → L2",
        source=Slot.L1,
        target=Slot.L2,
        same=Case("dispatcher invokes the processor", (Call(Kind.DISPATCHER, Kind.PROCESSOR, Delivery.QUEUE),)),
        different=Case(
            "a connector stands under the processor's name and POSTs to the ingestion endpoint, "
            "which invokes the real processor",
            (
                Call(Kind.DISPATCHER, Kind.CONNECTOR, Delivery.QUEUE),
                Call(Kind.CONNECTOR, Kind.INGESTION, Delivery.POST, url="REMOTE_INGESTION_URL"),
                Call(Kind.INGESTION, Kind.PROCESSOR, Delivery.QUEUE),
            ),
        ),
    ),
    Row(
        name="L2 → L3-hot",
        source=Slot.L2,
        target=Slot.L3_HOT,
        same=Case(
            "persister writes the store directly",
            (
                Call(Kind.PROCESSOR, Kind.PERSISTER, Delivery.QUEUE),
                _store(Kind.PERSISTER, Kind.HOT_STORE, Access.WRITE),
            ),
        ),
        different=Case(
            "persister POSTs to the hot-writer",
            (
                Call(Kind.PROCESSOR, Kind.PERSISTER, Delivery.QUEUE),
                Call(Kind.PERSISTER, Kind.HOT_WRITER, Delivery.POST, url="REMOTE_WRITER_URL"),
                _store(Kind.HOT_WRITER, Kind.HOT_STORE, Access.WRITE),
            ),
        ),
    ),
    Row(
        name="L3-hot → L3-cold",
        source=Slot.L3_HOT,
        target=Slot.L3_COLD,
        same=Case(
            "hot-to-cold mover writes the object store",
            (
                Call(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER, Delivery.SCHEDULE),
                _store(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Access.READ, Access.DELETE),
                _store(Kind.HOT_TO_COLD_MOVER, Kind.COLD_STORE, Access.WRITE),
            ),
        ),
        different=Case(
            "mover POSTs chunks to the cold-writer",
            (
                Call(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER, Delivery.SCHEDULE),
                _store(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Access.READ, Access.DELETE),
                Call(Kind.HOT_TO_COLD_MOVER, Kind.COLD_WRITER, Delivery.POST, url="REMOTE_COLD_WRITER_URL"),
                _store(Kind.COLD_WRITER, Kind.COLD_STORE, Access.WRITE),
            ),
        ),
    ),
    Row(
        name="L3-cold → L3-archive",
        source=Slot.L3_COLD,
        target=Slot.L3_ARCHIVE,
        same=Case(
            "cold-to-archive mover moves the object",
            (
                Call(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER, Delivery.SCHEDULE),
                _store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Access.READ, Access.DELETE),
                _store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_STORE, Access.WRITE),
            ),
        ),
        different=Case(
            "mover POSTs to the archive-writer",
            (
                Call(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER, Delivery.SCHEDULE),
                _store(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Access.READ, Access.DELETE),
                Call(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_WRITER, Delivery.POST, url="REMOTE_ARCHIVE_WRITER_URL"),
                _store(Kind.ARCHIVE_WRITER, Kind.ARCHIVE_STORE, Access.WRITE),
            ),
        ),
    ),
    Row(
        name="L3-hot → L4",
        source=Slot.L3_HOT,
        target=Slot.L4,
        applies=_twin_service(lambda services: services.twin_reads),
        same=Case(
            "the twin service calls the hot reader natively",
            (
                Call(Kind.TWIN_SERVICE, Kind.HOT_READER, Delivery.CALL),
                Call(Kind.TWIN_SERVICE, Kind.HOT_READER_LAST_ENTRY, Delivery.CALL),
            ),
        ),
        different=Case(
            "the hot readers get URLs; digital-twin-data-connectors on L4's cloud route to them",
            (
                Call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR, Delivery.CALL),
                Call(Kind.TWIN_SERVICE, Kind.DATA_CONNECTOR_LAST_ENTRY, Delivery.CALL),
                Call(Kind.DATA_CONNECTOR, Kind.HOT_READER, Delivery.POST, url="REMOTE_READER_URL"),
                Call(
                    Kind.DATA_CONNECTOR_LAST_ENTRY,
                    Kind.HOT_READER_LAST_ENTRY,
                    Delivery.POST,
                    url="REMOTE_READER_LAST_ENTRY_URL",
                ),
            ),
        ),
    ),
    Row(
        name="L2 → L4",
        source=Slot.L2,
        target=Slot.L4,
        applies=_twin_service(lambda services: not services.twin_reads),
        same=Case(
            "Azure Digital Twins is written to, it does not read: the twin is updated directly",
            (
                Call(Kind.PROCESSOR, Kind.TWIN_UPDATER, Delivery.QUEUE),
                Call(Kind.TWIN_UPDATER, Kind.TWIN_SERVICE, Delivery.CALL),
            ),
        ),
        different=Case(
            "latest values are POSTed to the twin-writer on L4's cloud",
            (
                Call(Kind.PROCESSOR, Kind.TWIN_UPDATER, Delivery.QUEUE),
                Call(Kind.TWIN_UPDATER, Kind.TWIN_WRITER, Delivery.POST, url="REMOTE_TWIN_WRITER_URL"),
                Call(Kind.TWIN_WRITER, Kind.TWIN_SERVICE, Delivery.CALL),
            ),
        ),
    ),
    _twin_view(
        "plugin",
        SignIn.PLUGIN,
        SignIn.SIGV4,
        "the TwinMaker plugin reads TwinMaker",
        "Infinity reads TwinMaker with SigV4",
    ),
    _twin_view("OAuth2", SignIn.OAUTH2, SignIn.OAUTH2, *("Infinity reads Azure Digital Twins with OAuth2",) * 2),
    _twin_view("token", SignIn.TOKEN, SignIn.TOKEN, *("Infinity reads the twin service with a token",) * 2),
    Row(
        name="L3-hot → L5 (Firestore)",
        source=Slot.L3_HOT,
        target=Slot.L5,
        applies=_from_hot_store(plugin=True),
        same=Case(
            "pattern B: the Firestore community plugin reads the store",
            (Call(Kind.DASHBOARD, Kind.HOT_STORE, Delivery.QUERY, sign_in=SignIn.PLUGIN),),
        ),
        different=_READER_ENDPOINT,
    ),
    Row(
        name="L3-hot → L5 (reader endpoint)",
        source=Slot.L3_HOT,
        target=Slot.L5,
        applies=_from_hot_store(plugin=False),
        same=Case(
            "pattern B: DynamoDB and Cosmos DB plugins are Enterprise, so the reader endpoint serves on one cloud too",
            _reader_queries(SignIn.TOKEN),
        ),
        different=_READER_ENDPOINT,
    ),
)

EVENTS: tuple[Row, ...] = (
    Row(
        name="L2 events",
        source=Slot.L2,
        target=Slot.L2,
        applies=_events(),
        same=Case(
            "the processor hands readings to the event checker",
            (Call(Kind.PROCESSOR, Kind.EVENT_CHECKER, Delivery.QUEUE),),
        ),
    ),
    Row(
        name="L2 event actions",
        source=Slot.L2,
        target=Slot.L2,
        applies=_events(ActionKind.FUNCTION),
        same=Case(
            "a rule that fires runs the user's function",
            (Call(Kind.EVENT_CHECKER, Kind.EVENT_ACTION, Delivery.QUEUE),),
        ),
    ),
    Row(
        name="L2 event workflow",
        source=Slot.L2,
        target=Slot.L2,
        applies=_events(ActionKind.WORKFLOW),
        same=Case(
            "a rule that fires starts the workflow",
            (Call(Kind.EVENT_CHECKER, Kind.EVENT_WORKFLOW, Delivery.CALL),),
        ),
    ),
    Row(
        name="L2 → L1",
        source=Slot.L2,
        target=Slot.L1,
        applies=_events(ActionKind.FEEDBACK),
        same=Case(
            "feedback publishes to the device",
            (
                Call(Kind.EVENT_CHECKER, Kind.FEEDBACK, Delivery.QUEUE),
                Call(Kind.FEEDBACK, Kind.DEVICE_GATEWAY, Delivery.CALL),
            ),
        ),
        different=Case(
            "feedback POSTs to the device-commands endpoint on L1's cloud",
            (
                Call(Kind.EVENT_CHECKER, Kind.FEEDBACK, Delivery.QUEUE),
                Call(Kind.FEEDBACK, Kind.DEVICE_COMMANDS, Delivery.POST, url="REMOTE_FEEDBACK_URL"),
                Call(Kind.DEVICE_COMMANDS, Kind.DEVICE_GATEWAY, Delivery.CALL),
            ),
        ),
    ),
)

TABLE: list[Row] = [*INSIDE_SLOTS, *BOUNDARIES, *EVENTS]
"""All rows. A list, so that a row can be added from outside."""


def reading_kinds() -> frozenset[str]:
    """The functions whose only use of a store is to read it."""
    calls = {call for row in TABLE for case in (row.same, row.different) if case for call in case.calls}
    stores = [call for call in calls if call.delivery is Delivery.STORE]
    changing = {call.source for call in stores if call.access != (Access.READ,)}
    return frozenset(call.source for call in stores) - changing

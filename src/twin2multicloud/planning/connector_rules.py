"""The planner's table: what exists at each boundary, on one cloud and across. Read it aloud; nothing else decides.

A row names two slots. `same` holds where both are on one cloud, `different` where they are not, each as the calls it
takes. A component exists because a call names it. A call with a `url` crosses to an endpoint; no other call makes one.
"""

from collections.abc import Callable

import msgspec

from twin2multicloud.domain.components import DEVICES, OPERATOR, Kind
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Delivery


class Call(msgspec.Struct, frozen=True):
    """One component reaching another. `url` names the variable of a crossing; `access` a data source's sign-in.

    `serves` marks an endpoint that a data source reads: it has a URL although no function of ours holds it.
    """

    source: Kind | str
    target: Kind
    delivery: Delivery
    url: str | None = None
    access: str = ""
    serves: bool = False


class Way(msgspec.Struct, frozen=True):
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
    same: Way
    different: Way | None = None
    applies: Callable[[Twin], bool] = _always


_AWS, _AZURE, _GCP = Cloud("aws"), Cloud("azure"), Cloud("gcp")


def _l4_on(*clouds: Cloud) -> Callable[[Twin], bool]:
    return lambda twin: twin.placement.l4 in clouds


def _through_twin(cloud: Cloud) -> Callable[[Twin], bool]:
    return lambda twin: twin.dashboard is DashboardSource.TWIN and twin.placement.l4 == cloud


def _from_hot_store(*clouds: Cloud) -> Callable[[Twin], bool]:
    return lambda twin: twin.dashboard is DashboardSource.HOT_STORE and twin.placement.l3_hot in clouds


def _events(kind: ActionKind | None = None) -> Callable[[Twin], bool]:
    def applies(twin: Twin) -> bool:
        return twin.enable_events and (kind is None or any(rule.action.kind is kind for rule in twin.events))

    return applies


def _twin_view(cloud: Cloud, plugin: str, infinity: str, native: str, remote: str) -> Row:
    return Row(
        name=f"L4 → L5 ({label_of(cloud)})",
        source=Slot.L4,
        target=Slot.L5,
        applies=_through_twin(cloud),
        same=Way(f"pattern A: {plugin}", (Call(Kind.DASHBOARD, Kind.TWIN_SERVICE, Delivery.QUERY, access=native),)),
        different=Way(
            f"pattern C: {infinity}", (Call(Kind.DASHBOARD, Kind.TWIN_SERVICE, Delivery.QUERY, access=remote),)
        ),
    )


def _reader_queries(access: str, *, serves: bool) -> tuple[Call, ...]:
    return tuple(
        Call(Kind.DASHBOARD, reader, Delivery.QUERY, access=access, serves=serves)
        for reader in (Kind.HOT_READER, Kind.HOT_READER_LAST_ENTRY)
    )


_READER_ENDPOINT = Way(
    "any Grafana reads any hot reader over Infinity with the token", _reader_queries("token", serves=True)
)
_STORE_READS = (
    Call(Kind.HOT_READER, Kind.HOT_STORE, Delivery.STORE),
    Call(Kind.HOT_READER_LAST_ENTRY, Kind.HOT_STORE, Delivery.STORE),
)

INSIDE_SLOTS: tuple[Row, ...] = (
    Row(
        name="devices → L1",
        source=Slot.L1,
        target=Slot.L1,
        same=Way(
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
        same=Way(
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
        same=Way("the model is deployed to the twin service", (Call(OPERATOR, Kind.TWIN_SERVICE, Delivery.CALL),)),
    ),
    Row(
        name="operator → L5",
        source=Slot.L5,
        target=Slot.L5,
        same=Way("people look at the dashboard", (Call(OPERATOR, Kind.DASHBOARD, Delivery.CALL),)),
    ),
)

BOUNDARIES: tuple[Row, ...] = (
    Row(
        name="L1 → L2",
        source=Slot.L1,
        target=Slot.L2,
        same=Way("dispatcher invokes the processor", (Call(Kind.DISPATCHER, Kind.PROCESSOR, Delivery.QUEUE),)),
        different=Way(
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
        same=Way(
            "persister writes the store directly",
            (
                Call(Kind.PROCESSOR, Kind.PERSISTER, Delivery.QUEUE),
                Call(Kind.PERSISTER, Kind.HOT_STORE, Delivery.STORE),
            ),
        ),
        different=Way(
            "persister POSTs to the hot-writer",
            (
                Call(Kind.PROCESSOR, Kind.PERSISTER, Delivery.QUEUE),
                Call(Kind.PERSISTER, Kind.HOT_WRITER, Delivery.POST, url="REMOTE_WRITER_URL"),
                Call(Kind.HOT_WRITER, Kind.HOT_STORE, Delivery.STORE),
            ),
        ),
    ),
    Row(
        name="L3-hot → L3-cold",
        source=Slot.L3_HOT,
        target=Slot.L3_COLD,
        same=Way(
            "hot-to-cold mover writes the object store",
            (
                Call(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER, Delivery.SCHEDULE),
                Call(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Delivery.STORE),
                Call(Kind.HOT_TO_COLD_MOVER, Kind.COLD_STORE, Delivery.STORE),
            ),
        ),
        different=Way(
            "mover POSTs chunks to the cold-writer",
            (
                Call(Kind.HOT_TO_COLD_SCHEDULE, Kind.HOT_TO_COLD_MOVER, Delivery.SCHEDULE),
                Call(Kind.HOT_TO_COLD_MOVER, Kind.HOT_STORE, Delivery.STORE),
                Call(Kind.HOT_TO_COLD_MOVER, Kind.COLD_WRITER, Delivery.POST, url="REMOTE_COLD_WRITER_URL"),
                Call(Kind.COLD_WRITER, Kind.COLD_STORE, Delivery.STORE),
            ),
        ),
    ),
    Row(
        name="L3-cold → L3-archive",
        source=Slot.L3_COLD,
        target=Slot.L3_ARCHIVE,
        same=Way(
            "cold-to-archive mover moves the object",
            (
                Call(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER, Delivery.SCHEDULE),
                Call(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Delivery.STORE),
                Call(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_STORE, Delivery.STORE),
            ),
        ),
        different=Way(
            "mover POSTs to the archive-writer",
            (
                Call(Kind.COLD_TO_ARCHIVE_SCHEDULE, Kind.COLD_TO_ARCHIVE_MOVER, Delivery.SCHEDULE),
                Call(Kind.COLD_TO_ARCHIVE_MOVER, Kind.COLD_STORE, Delivery.STORE),
                Call(Kind.COLD_TO_ARCHIVE_MOVER, Kind.ARCHIVE_WRITER, Delivery.POST, url="REMOTE_ARCHIVE_WRITER_URL"),
                Call(Kind.ARCHIVE_WRITER, Kind.ARCHIVE_STORE, Delivery.STORE),
            ),
        ),
    ),
    Row(
        name="L3-hot → L4",
        source=Slot.L3_HOT,
        target=Slot.L4,
        applies=_l4_on(_AWS, _GCP),
        same=Way(
            "the twin service calls the hot reader natively",
            (
                Call(Kind.TWIN_SERVICE, Kind.HOT_READER, Delivery.CALL),
                Call(Kind.TWIN_SERVICE, Kind.HOT_READER_LAST_ENTRY, Delivery.CALL),
            ),
        ),
        different=Way(
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
        applies=_l4_on(_AZURE),
        same=Way(
            "Azure Digital Twins is written to, it does not read: the twin is updated directly",
            (
                Call(Kind.PROCESSOR, Kind.TWIN_UPDATER, Delivery.QUEUE),
                Call(Kind.TWIN_UPDATER, Kind.TWIN_SERVICE, Delivery.CALL),
            ),
        ),
        different=Way(
            "latest values are POSTed to the twin-writer on L4's cloud",
            (
                Call(Kind.PROCESSOR, Kind.TWIN_UPDATER, Delivery.QUEUE),
                Call(Kind.TWIN_UPDATER, Kind.TWIN_WRITER, Delivery.POST, url="REMOTE_TWIN_WRITER_URL"),
                Call(Kind.TWIN_WRITER, Kind.TWIN_SERVICE, Delivery.CALL),
            ),
        ),
    ),
    _twin_view(_AWS, "the TwinMaker plugin reads TwinMaker", "Infinity reads TwinMaker with SigV4", "plugin", "sigv4"),
    _twin_view(
        _AZURE,
        "Infinity reads Azure Digital Twins with OAuth2",
        "Infinity reads Azure Digital Twins with OAuth2",
        "oauth2",
        "oauth2",
    ),
    _twin_view(
        _GCP,
        "Infinity reads the twin service with a token",
        "Infinity reads the twin service with a token",
        "token",
        "token",
    ),
    Row(
        name="L3-hot → L5 (Firestore)",
        source=Slot.L3_HOT,
        target=Slot.L5,
        applies=_from_hot_store(_GCP),
        same=Way(
            "pattern B: the Firestore community plugin reads the store",
            (Call(Kind.DASHBOARD, Kind.HOT_STORE, Delivery.QUERY, access="plugin"),),
        ),
        different=_READER_ENDPOINT,
    ),
    Row(
        name="L3-hot → L5 (reader endpoint)",
        source=Slot.L3_HOT,
        target=Slot.L5,
        applies=_from_hot_store(_AWS, _AZURE),
        same=Way(
            "pattern B: DynamoDB and Cosmos DB plugins are Enterprise, so the reader endpoint serves on one cloud too",
            _reader_queries("token", serves=True),
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
        same=Way(
            "the processor hands readings to the event checker",
            (Call(Kind.PROCESSOR, Kind.EVENT_CHECKER, Delivery.QUEUE),),
        ),
    ),
    Row(
        name="L2 event actions",
        source=Slot.L2,
        target=Slot.L2,
        applies=_events(ActionKind.FUNCTION),
        same=Way(
            "a rule that fires runs the user's function",
            (Call(Kind.EVENT_CHECKER, Kind.EVENT_ACTION, Delivery.QUEUE),),
        ),
    ),
    Row(
        name="L2 event workflow",
        source=Slot.L2,
        target=Slot.L2,
        applies=_events(ActionKind.WORKFLOW),
        same=Way(
            "a rule that fires starts the workflow",
            (Call(Kind.EVENT_CHECKER, Kind.EVENT_WORKFLOW, Delivery.CALL),),
        ),
    ),
    Row(
        name="L2 → L1",
        source=Slot.L2,
        target=Slot.L1,
        applies=_events(ActionKind.FEEDBACK),
        same=Way(
            "feedback publishes to the device",
            (
                Call(Kind.EVENT_CHECKER, Kind.FEEDBACK, Delivery.QUEUE),
                Call(Kind.FEEDBACK, Kind.DEVICE_GATEWAY, Delivery.CALL),
            ),
        ),
        different=Way(
            "feedback POSTs to the device-commands endpoint on L1's cloud",
            (
                Call(Kind.EVENT_CHECKER, Kind.FEEDBACK, Delivery.QUEUE),
                Call(Kind.FEEDBACK, Kind.DEVICE_COMMANDS, Delivery.POST, url="REMOTE_FEEDBACK_URL"),
                Call(Kind.DEVICE_COMMANDS, Kind.DEVICE_GATEWAY, Delivery.CALL),
            ),
        ),
    ),
)

TABLE: tuple[Row, ...] = INSIDE_SLOTS + BOUNDARIES + EVENTS

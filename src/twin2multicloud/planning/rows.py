"""What the planner's table is written in: calls, cases and rows. Decides nothing itself."""

from collections.abc import Callable
from functools import partial

import msgspec

from twin2multicloud.domain.components import Access, SignIn
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.topology import Delivery

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


def crossing(
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


def inside(name: str, slot: Slot, case: Case, applies: Callable[[Twin], bool] = _always) -> ConnectorRow:
    """A row inside one slot."""
    return ConnectorRow(name=name, source=slot, target=slot, same=case, applies=applies)


def case(reason: str, *calls: ConnectorCall) -> Case:
    """One case of a row."""
    return Case(reason, calls)


feed = partial(ConnectorCall, delivery=Delivery.QUEUE)
call = partial(ConnectorCall, delivery=Delivery.CALL)
start = partial(ConnectorCall, delivery=Delivery.SCHEDULE)


def post(source: str, target: str, url: str) -> ConnectorCall:
    """A crossing to an endpoint, whose URL that variable holds."""
    return ConnectorCall(source, target, Delivery.POST, url)


def store(source: str, target: str, *access: Access) -> ConnectorCall:
    """The use of a store."""
    return ConnectorCall(source, target, Delivery.STORE, stated=access)

"""What moving a running twin to another placement costs, and when that pays. Owns the one-off cost; plans no move."""

import math

import msgspec

from twin2multicloud.costs.cost_table import cost_of
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.tariff import Uses
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import tariff_of
from twin2multicloud.domain.placement import Cloud, Placement, Slot


class SlotMove(msgspec.Struct, frozen=True, kw_only=True):
    """Taking a store's content to another cloud, once: read there, sent, written here. USD."""

    slot: Slot
    source: Cloud
    target: Cloud
    gb: float
    reading: float
    egress: float
    writing: float

    @property
    def cost(self) -> float:
        """All three together."""
        return self.reading + self.egress + self.writing


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A change of placement. `break_even_months` is None where the new placement saves nothing each month."""

    current: Placement
    target: Placement
    slots: tuple[SlotMove, ...]
    cost: float
    monthly_saving: float
    break_even_months: float | None


def moving_cost(
    current: Placement, target: Placement, t: Traffic, book: PriceBook, *, current_total: float, target_total: float
) -> Move:
    """What the stores' content costs to take along, and after how many months the saving has paid it.

    Slots without stored data (L1, L2, L4, L5) move by being deployed again, which costs nothing by itself. Each store
    holds what its retention says; reading and writing it are its own monthly activities times the months held.
    """
    kept = {Slot.L3_HOT: t.workload.hot_months, Slot.L3_COLD: t.cold_months, Slot.L3_ARCHIVE: t.archive_months}
    held = {
        slot: Traffic.of(t.workload, messages=t.messages * months)  # a month in which as much passes as the store holds
        for slot, months in kept.items()
        if months and current[slot] != target[slot]
    }
    moves = tuple(
        SlotMove(
            slot=slot,
            source=current[slot],
            target=target[slot],
            gb=_gb(slot, store),
            reading=cost_of(current[slot], _moved(slot, current[slot], store)[0], store, book),
            egress=_egress_share(slot, held, current, book),
            writing=cost_of(target[slot], _moved(slot, target[slot], store)[1], store, book),
        )
        for slot, store in held.items()
    )
    cost = sum(each.cost for each in moves)
    # Two sums of the same parts may differ in the last bit, which is not a saving.
    alike = math.isclose(current_total, target_total, rel_tol=1e-9)
    saving = 0.0 if alike else current_total - target_total
    return Move(
        current=current,
        target=target,
        slots=moves,
        cost=cost,
        monthly_saving=saving,
        break_even_months=cost / saving if saving > 0 else None,
    )


def _egress_share(slot: Slot, held: dict[Slot, Traffic], current: Placement, book: PriceBook) -> float:
    """A store's part of what its cloud sends: all stores that leave one cloud climb one ladder."""
    source = current[slot]
    total = sum(_gb(each, store) for each, store in held.items() if current[each] == source)
    share = _gb(slot, held[slot]) / total
    return cost_of(source, [(tariff_of(source).egress, total)], held[slot], book) * share


def _gb(slot: Slot, store: Traffic) -> float:
    """What a store's content weighs on the way: readings as they are, or objects compressed."""
    return store.gb if slot is Slot.L3_HOT else store.packed_gb


def _moved(slot: Slot, cloud: Cloud, held: Traffic) -> tuple[Uses, Uses]:
    """A store's content read once, and written once."""
    tariff = tariff_of(cloud)
    if slot is Slot.L3_HOT:
        return tariff.hot_taken(held), tariff.hot_filled(held)
    store = tariff.cold if slot is Slot.L3_COLD else tariff.archive
    return store.read(held), store.written(held)

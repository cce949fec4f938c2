"""What a move of slots leaves behind, in sentences. Moves nothing."""

from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.planning.clouds import label_of

_STORES = (Slot.L3_HOT, Slot.L3_COLD, Slot.L3_ARCHIVE)


def left_behind(before: Placement, after: Placement) -> tuple[str, ...]:
    """A sentence for each store that moves: what is stored stays where it is, and is not read from there any more."""
    return tuple(
        f"{slot} moves from {label_of(before[slot])} to {label_of(after[slot])}: readings that are stored stay on "
        f"{label_of(before[slot])}, and nothing reads them from there; moving {slot} back shows them again"
        for slot in _STORES
        if before[slot] != after[slot]
    )

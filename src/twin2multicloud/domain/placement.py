"""Cloud, slot and placement: what is placed, and where. Owns their order and spelling; independent of functions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import NewType

import msgspec

Cloud = NewType("Cloud", str)
"""One cloud's short name, as on the wire and in project files. Which there are, `planning.clouds` knows."""

CLOUD_NAME = re.compile("[a-z][a-z0-9]{1,15}")
_ALIASES = {"google": "gcp"}


def parse_cloud(text: str) -> Cloud:
    """Read a cloud's name; ``google`` is ``gcp``. Raises ValueError for an invalid name, not for an unknown one."""
    word = text.strip().lower()
    if not CLOUD_NAME.fullmatch(word):
        raise ValueError(f"{text[:40]!r} is not a cloud name")
    return Cloud(_ALIASES.get(word, word))


class Slot(StrEnum):
    """One of the seven placeable parts of a twin, in the order data passes through them."""

    L1 = "L1"
    L2 = "L2"
    L3_HOT = "L3-hot"
    L3_COLD = "L3-cold"
    L3_ARCHIVE = "L3-archive"
    L4 = "L4"
    L5 = "L5"

    @property
    def label(self) -> str:
        """What the slot does, in a word or two."""
        return _SLOT_LABELS[self]

    @classmethod
    def parse(cls, text: str) -> "Slot":
        """Read a slot's name; ``L3`` is ``L3-hot``. Raises ValueError for any other word."""
        return cls(text)

    @classmethod
    def _missing_(cls, value: object) -> "Slot | None":
        return cls.L3_HOT if value == "L3" else None


_SLOT_LABELS = {
    Slot.L1: "acquisition",
    Slot.L2: "processing",
    Slot.L3_HOT: "hot store",
    Slot.L3_COLD: "cold store",
    Slot.L3_ARCHIVE: "archive",
    Slot.L4: "twin service",
    Slot.L5: "dashboards",
}


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud of each slot."""

    l1: Cloud
    l2: Cloud
    l3_hot: Cloud
    l3_cold: Cloud
    l3_archive: Cloud
    l4: Cloud
    l5: Cloud

    def __getitem__(self, slot: Slot) -> Cloud:
        """The cloud that holds a slot."""
        cloud: Cloud = getattr(self, _FIELDS[slot])
        return cloud

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """The clouds in use, each once, in alphabetical order."""
        return tuple(sorted({self[slot] for slot in Slot}))

    def key(self) -> str:
        """Seven words joined by dashes, in slot order: a name for files and golden plans."""
        return "-".join(self[slot] for slot in Slot)

    @classmethod
    def of(cls, clouds: Mapping[Slot, Cloud]) -> "Placement":
        """A placement from a full map of slots."""
        return cls(**{_FIELDS[slot]: clouds[slot] for slot in Slot})

    @classmethod
    def single(cls, cloud: Cloud) -> "Placement":
        """Every slot on one cloud."""
        return cls.of(dict.fromkeys(Slot, cloud))


_FIELDS = {slot: slot.value.lower().replace("-", "_") for slot in Slot}


def all_placements(clouds: Sequence[Cloud]) -> Iterator[Placement]:
    """Every placement on some clouds, in their lexical order: 3 clouds ^ 7 slots are 2,187."""
    for chosen in product(clouds, repeat=len(Slot)):
        yield Placement.of(dict(zip(Slot, chosen, strict=True)))

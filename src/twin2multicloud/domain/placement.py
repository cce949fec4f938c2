"""Cloud, slot and placement: what is placed, and where. Owns their order and spelling; knows nothing of functions."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import product

import msgspec


class Cloud(StrEnum):
    """One of the three clouds, spelled as on the wire and in project files."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"

    @property
    def label(self) -> str:
        """The name a person reads: ``AWS``, ``Azure``, ``Google Cloud``."""
        return {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}[self.value]

    @classmethod
    def parse(cls, text: str) -> "Cloud":
        """Read a cloud's name; ``google`` is ``gcp``. Raises ValueError for any other word."""
        return cls(text.strip().lower())

    @classmethod
    def _missing_(cls, value: object) -> "Cloud | None":
        return cls.GCP if value == "google" else None


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
        """The clouds in use, each once, in the order of `Cloud`."""
        used = {self[slot] for slot in Slot}
        return tuple(cloud for cloud in Cloud if cloud in used)

    def key(self) -> str:
        """Seven words joined by dashes, in slot order: a name for files and golden plans."""
        return "-".join(self[slot].value for slot in Slot)

    @classmethod
    def of(cls, clouds: Mapping[Slot, Cloud]) -> "Placement":
        """A placement from a full map of slots."""
        return cls(**{_FIELDS[slot]: clouds[slot] for slot in Slot})

    @classmethod
    def single(cls, cloud: Cloud) -> "Placement":
        """Every slot on one cloud."""
        return cls.of(dict.fromkeys(Slot, cloud))


_FIELDS = {slot: slot.value.lower().replace("-", "_") for slot in Slot}


def all_placements() -> Iterator[Placement]:
    """Every placement there is: 3 clouds ^ 7 slots = 2,187, in lexical order of `Cloud`."""
    for clouds in product(Cloud, repeat=len(Slot)):
        yield Placement.of(dict(zip(Slot, clouds, strict=True)))

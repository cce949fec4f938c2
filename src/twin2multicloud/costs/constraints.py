"""Constraints on placements. Owns the rules and their wording; searches nothing."""

from collections.abc import Iterable, Mapping

import msgspec

from twin2multicloud.costs.cost_table import Clouds
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.planning.clouds import known_cloud, known_clouds, label_of, pack


class Constraints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which placements are allowed. `residency` names the countries (ISO 3166) where a slot's data may lie."""

    fixed: Mapping[Slot, Cloud] = msgspec.field(default_factory=dict)
    forbidden: tuple[Cloud, ...] = ()
    residency: Mapping[Slot, tuple[str, ...]] = msgspec.field(default_factory=dict)
    max_clouds: int | None = None

    def __post_init__(self) -> None:
        if self.max_clouds is not None and self.max_clouds < 1:
            raise ConfigurationError(f"constraints: at most {self.max_clouds} clouds, expected at least 1")

    def allowed(self, book: PriceBook, *, needs_3d: bool) -> tuple[frozenset[Cloud], ...]:
        """The clouds that each slot may be on, in the order of `Slot`. Raises ConfigurationError where none is left."""
        found = tuple(self._slot_clouds(slot, book, needs_3d=needs_3d) for slot in Slot)
        for slot, clouds in zip(Slot, found, strict=True):
            if not clouds:
                raise ConfigurationError(f"constraints: no cloud remains for {slot} ({slot.label}); {self._why(slot)}")
        return found

    def _slot_clouds(self, slot: Slot, book: PriceBook, *, needs_3d: bool) -> frozenset[Cloud]:
        clouds = {cloud for cloud in book.clouds if cloud not in self.forbidden}
        if slot in self.fixed:
            clouds &= {self.fixed[slot]}
        if slot in self.residency:
            clouds = {cloud for cloud in clouds if book[cloud].country in self.residency[slot]}
        if needs_3d and slot is Slot.L4:
            clouds &= with_3d(clouds)
        return frozenset(clouds)

    def _why(self, slot: Slot) -> str:
        reasons = [f"{label_of(cloud)} is forbidden" for cloud in self.forbidden]
        if slot in self.fixed:
            reasons.append(f"it is fixed on {label_of(self.fixed[slot])}")
        if slot in self.residency:
            reasons.append(f"its data must lie in {' or '.join(self.residency[slot])}")
        if slot is Slot.L4:
            named = " and ".join(label_of(cloud) for cloud in known_clouds() if pack(cloud).has_3d)
            reasons.append(f"a 3D view exists on {named} only, where one is needed")
        return ", ".join(reasons)

    def admits(self, placements: Iterable[Clouds], allowed: tuple[frozenset[Cloud], ...]) -> list[int]:
        """The numbers of the placements that satisfy everything."""
        limit = self.max_clouds or len(Slot)
        free = all(len(each) == len(allowed[0]) for each in allowed) and limit >= len(allowed[0])
        if free and len(set(allowed)) == 1:
            return [n for n, clouds in enumerate(placements) if set(clouds) <= allowed[0]]
        return [
            n
            for n, clouds in enumerate(placements)
            if len(set(clouds)) <= limit and all(each in may for each, may in zip(clouds, allowed, strict=True))
        ]


def with_3d(clouds: Iterable[Cloud]) -> set[Cloud]:
    """Those of some clouds whose twin service has a 3D view that we deploy."""
    return {cloud for cloud in clouds if pack(cloud).has_3d}


def parse_slot(text: str) -> Slot:
    """A slot's name. Raises ConfigurationError with the nearest one."""
    try:
        return Slot.parse(text)
    except ValueError:
        names = ", ".join(slot.value for slot in Slot)
        raise ConfigurationError(f"slot {text!r} is unknown, expected one of {names}{hint(text, Slot)}") from None


def parse_fixed(items: Iterable[str]) -> dict[Slot, Cloud]:
    """Fixed slots from ``SLOT=CLOUD``."""
    return {parse_slot(slot): known_cloud(cloud) for slot, cloud in map(_split, items)}


def parse_residency(items: Iterable[str]) -> dict[Slot, tuple[str, ...]]:
    """Residency from ``SLOT=COUNTRY[,COUNTRY]``."""
    return {
        parse_slot(slot): tuple(country.strip().upper() for country in countries.split(","))
        for slot, countries in map(_split, items)
    }


def _split(item: str) -> tuple[str, str]:
    name, sign, value = item.partition("=")
    if not sign or not value.strip():
        raise ConfigurationError(f"found {item!r}, expected SLOT=VALUE, as in L4=aws")
    return name.strip(), value.strip()

"""`config_providers.json`: which cloud holds which slot. Owns its keys, its defaults and writing it back."""

from collections.abc import Mapping
from pathlib import Path

from twin2multicloud.domain.placement import Cloud, Placement, Slot, parse_cloud
from twin2multicloud.project.json_files import json_text, read_json, write_atomically

PROVIDERS_FILE = "config_providers.json"

FOLLOWS = {Slot.L3_COLD: Slot.L3_HOT, Slot.L3_ARCHIVE: Slot.L3_COLD, Slot.L4: Slot.L3_HOT, Slot.L5: Slot.L4}
"""The default of an unplaced slot: the cloud of the slot that it reads from."""


def provider_key(slot: Slot) -> str:
    """The key of a slot in the file: ``layer_3_hot_provider``."""
    return f"layer_{slot.value[1:].lower().replace('-', '_')}_provider"


def placement_of(providers: Mapping[str, str]) -> tuple[Placement, tuple[str, ...]]:
    """The placement that a checked file means, and a sentence for each slot that it leaves to the default."""
    clouds: dict[Slot, Cloud] = {}
    notes = []
    for slot in Slot:
        said = providers.get(provider_key(slot))
        clouds[slot] = clouds[FOLLOWS[slot]] if said is None else parse_cloud(said)
        if said is None:
            notes.append(f"{provider_key(slot)} is not set: {slot} goes where {FOLLOWS[slot]} is ({clouds[slot]})")
    return Placement.of(clouds), tuple(notes)


def write_placement(folder: Path, placement: Placement) -> None:
    """Write all seven slots to the project's file, in one step: a reader sees the old placement or the new one.

    An editor's ``$schema`` key stays. Raises OSError where the folder cannot be written.
    """
    path = folder / PROVIDERS_FILE
    old = read_json(path, PROVIDERS_FILE, report=lambda _: None)
    kept = {"$schema": old["$schema"]} if isinstance(old, dict) and "$schema" in old else {}
    providers = {provider_key(slot): placement[slot] for slot in Slot}
    write_atomically(path, json_text({**kept, **providers}))

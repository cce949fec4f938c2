"""Notes on a valid project: settings that may be unintended. Owns their texts; none stops a project from running."""

from collections.abc import Collection, Iterator

from twin2multicloud.domain.components import Kind, has_code
from twin2multicloud.domain.event_rule import ActionKind
from twin2multicloud.domain.twin import DEFAULT_ZONE, Twin
from twin2multicloud.planning.clouds import pack

_MOST_NAMES = 5


def notes_on(twin: Twin, processors: Collection[str]) -> tuple[str, ...]:
    """One sentence for each oddity: unused processors, rules that are switched off, devices that nothing shows."""
    return (*_reserved(twin), *_unused(twin, processors), *_idle_rules(twin), *_homeless(twin), *_local_times(twin))


def _reserved(twin: Twin) -> Iterator[str]:
    for cloud in twin.placement.clouds:
        if pack(cloud).refuses(twin.name):
            yield f"{pack(cloud).label} reserves a word in the name {twin.name!r}: the twin cannot be deployed under it"


def _local_times(twin: Twin) -> Iterator[str]:
    names = [each.name for each in twin.catalog.types if each.payload is not None and each.payload.local_time]
    if names and twin.time_zone == DEFAULT_ZONE:
        yield f"{', '.join(names)}: local times are read as {DEFAULT_ZONE}; time_zone in config.json says another zone"


def _unused(twin: Twin, processors: Collection[str]) -> Iterator[str]:
    used = {each.processor for each in twin.catalog.types} | {each.processor for each in twin.catalog.devices}
    for name in sorted(set(processors) - used):
        yield f"processors/{name}.py is used by no device"


def _idle_rules(twin: Twin) -> Iterator[str]:
    if twin.events and not twin.enable_events:
        yield f"enable_events is false: {len(twin.events)} event rules do nothing"
        return
    for kind, component in ((ActionKind.WORKFLOW, Kind.EVENT_WORKFLOW), (ActionKind.FEEDBACK, Kind.FEEDBACK)):
        rules = [each.name for each in twin.events if each.action is not None and each.action.kind is kind]
        if rules and not has_code(component):
            yield f"{', '.join(rules)}: the event is kept, but nothing runs an action of the kind {kind} yet"


def _homeless(twin: Twin) -> Iterator[str]:
    parts = [part for _, entity in twin.hierarchy.walk() for part in entity.components]
    shown = {part.device for part in parts} | {part.group for part in parts}
    hidden = [device.id for device in twin.catalog.devices if device.id not in shown]
    hidden += [f"group {group.name}" for group in twin.catalog.groups if group.name not in shown]
    if hidden:
        more = f" and {len(hidden) - _MOST_NAMES} more" if len(hidden) > _MOST_NAMES else ""
        yield f"the hierarchy has no component for {', '.join(hidden[:_MOST_NAMES])}{more}: the twin does not show them"

"""What stands behind a slot or a boundary of the drawing, in words. Pure; draws nothing."""

from collections.abc import Sequence

import msgspec

from twin2multicloud.domain.placement import Slot
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.manage.formatting import latency_text
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Topology


class Details(msgspec.Struct, frozen=True):
    """A title, a sentence, and lines of a name and what it does."""

    title: str
    sentence: str
    lines: tuple[tuple[str, str], ...]


def details(
    topology: Topology, name: str, clouds: Sequence[CloudStatus], boundaries: Sequence[BoundaryStatus]
) -> Details | None:
    """Of the slot or boundary of that name; None where there is none."""
    if name in {slot.value for slot in Slot}:
        return _slot(topology, Slot(name), clouds)
    return _boundary(topology, name, boundaries)


def _slot(topology: Topology, slot: Slot, clouds: Sequence[CloudStatus]) -> Details:
    cloud = topology.placement[slot]
    status = next((each for each in clouds if each.cloud == cloud), None)
    queues = {each.function: each for each in status.queues} if status is not None else {}
    lines = []
    for component in topology.on(cloud):
        if component.slot is not slot:
            continue
        queue = queues.get(component.name)
        counts = f"; {queue.done:,} done, {queue.waiting:,} waiting, {queue.dead_lettered:,} dead" if queue else ""
        url = "; has a URL" if topology.endpoint(component.id) else ""
        lines.append((component.name, f"{component.reason}{url}{counts}"))
    return Details(f"{slot.value} · {slot.label}", f"on {label_of(cloud)}", tuple(lines))


def _boundary(topology: Topology, name: str, boundaries: Sequence[BoundaryStatus]) -> Details | None:
    boundary = next((each for each in topology.boundaries if each.name == name), None)
    if boundary is None:
        return None
    status = next((each for each in boundaries if each.name == name), None)
    here, there = label_of(boundary.source_cloud), label_of(boundary.target_cloud)
    where = f"inside {here}" if here == there else f"from {here} to {there}"
    lines = [
        (f"{link.source} → {link.target}", f"{link.delivery}{f', {link.url_variable}' if link.url_variable else ''}")
        for link in topology.links
        if link.boundary == name
    ]
    if status is not None and status.running and not status.known:
        lines.append(("passed", f"not known: {here} is down"))
    elif status is not None and status.running:
        passed = f"{status.messages_in:,} in, {status.messages_out:,} out, {status.dead_lettered:,} dead-lettered"
        lines.append(("passed", f"{passed}; p50 {latency_text(status.p50_ms)}, p99 {latency_text(status.p99_ms)}"))
    elif status is not None:
        lines.append(("passed", "planned, not run by the emulator"))
    return Details(name, f"{where}: {boundary.reason}", tuple(lines))

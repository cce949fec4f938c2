"""Topologies, traffic and readings as Rich tables. Owns columns and number formats; fetches nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from twin2multicloud.cli.console import cloud_text, locality_text, make_table
from twin2multicloud.domain.placement import Slot
from twin2multicloud.planning.topology import Boundary, Delivery, Topology

if TYPE_CHECKING:  # `plan` needs no emulator
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from rich.table import Table

    from twin2multicloud.domain.device import Scalar
    from twin2multicloud.domain.placement import Cloud
    from twin2multicloud.emulator.delivery.rejections import Rejection
    from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus, TierStatus
    from twin2multicloud.functions.storage.reader_client import Point
    from twin2multicloud.operations.checks import ReadBack


def components_table(topology: Topology, *, explain: bool) -> Table:
    """Every component with its cloud and why it exists; with `explain` the row of the table that asked for it."""
    asked_by = ("asked for by",) if explain else ()
    table = make_table(
        f"{topology.twin}: what exists", "cloud", "slot", "component", "what for", *asked_by, unwrapped=3
    )
    for cloud in topology.placement.clouds:
        for each in topology.on(cloud):
            name = Text(each.name, style="bold" if topology.endpoint(each.id) else "")
            known_as = each.deployed_as.removeprefix(f"{topology.twin}-")
            purpose = each.reason if known_as == each.name else f"{each.reason} (deployed as {known_as})"
            row = (Text(each.row, style="dim"),) if explain else ()
            table.add_row(cloud_text(cloud), each.slot or "", name, purpose, *row)
        table.add_section()
    return table


def boundaries_table(topology: Topology) -> Table:
    """Every boundary of the plan: local or remote, and its endpoints."""
    table = make_table("boundaries", "boundary", "clouds", "", "endpoints")
    for each in topology.boundaries:
        endpoints = [
            link.target.split(".", 1)[1]
            for link in topology.links
            if link.row == each.row and topology.endpoint(link.target) and link.delivery in _CROSSING
        ]
        table.add_row(
            each.name, _clouds(each), locality_text(each.locality), ", ".join(dict.fromkeys(endpoints)) or "–"
        )
    return table


def topics_table(topology: Topology) -> Table:
    """The topics beside those of every device, with what they become on L1's cloud, and who publishes for others."""
    table = make_table("further topics", "topic", "types", "", "what it becomes", unwrapped=1)
    for each in topology.topics:
        table.add_row(each.pattern, ", ".join(each.types), "read" if each.read else "ignored", each.becomes)
    if topology.gateways:
        table.add_row("those of every device", ", ".join(topology.gateways), "gateway", "a right of these devices")
    return table


def rows_table(topology: Topology) -> Table:
    """The row of the planner's table behind each boundary, and its reason."""
    table = make_table("rows of the planner's table (planning/connector_rules.py)", "row", "reason", unwrapped=1)
    for each in topology.boundaries:
        table.add_row(each.row, each.reason)
    return table


_CROSSING = (Delivery.POST, Delivery.QUERY)


def traffic_table(boundaries: Sequence[BoundaryStatus], title: str = "boundaries") -> Table:
    """What passed each boundary; `planned`: the emulator does not run it yet. `open`: its breaker is."""
    columns = ("boundary", "clouds", "", ">in", ">out", ">dead", ">p50 ms", ">p99 ms")
    table = make_table(title, *columns, unwrapped=len(columns))
    for each in boundaries:
        state = Text("open", style="bold red") if each.open else locality_text(each.locality)
        head = (each.name, _clouds(each), state)
        if not each.running:
            table.add_row(*head, Text("planned", style="dim italic"))
            continue
        if not each.known:
            table.add_row(*head, Text(f"{each.source_cloud} is down", style="bold red"))
            continue
        dead = Text(f"{each.dead_lettered:,}", style="bold red" if each.dead_lettered else "dim")
        table.add_row(
            *head, f"{each.messages_in:,}", f"{each.messages_out:,}", dead, _ms(each.p50_ms), _ms(each.p99_ms)
        )
    return table


def clouds_table(statuses: Sequence[CloudStatus], urls: Mapping[str, str]) -> Table:
    """Each emulated cloud: state, address and counts."""
    columns = ("cloud", "", "address", ">published", ">rejected", ">waiting", ">stored", ">dead", ">errors")
    table = make_table("clouds", *columns, unwrapped=len(columns))
    for each in statuses:
        state = Text("up", style="green") if each.running else Text("down", style="bold red")
        waiting = sum(queue.waiting for queue in each.queues)
        counts = (each.published, each.rejected, waiting, each.stored, each.dead_letters, each.errors)
        shown = ["" if count is None else f"{count:,}" for count in counts] if each.running else [""] * len(counts)
        table.add_row(cloud_text(each.cloud), state, urls[each.cloud], *shown)
    return table


def stored_in(statuses: Iterable[CloudStatus]) -> list[tuple[Cloud, TierStatus]]:
    """What the stores of all clouds hold, the youngest first."""
    found = [(each.cloud, tier) for each in statuses for tier in each.tiers]
    return sorted(found, key=lambda pair: list(Slot).index(pair[1].slot))


def tiers_table(tiers: Iterable[tuple[Cloud, TierStatus]]) -> Table:
    """What the stores hold, and of which time."""
    table = make_table("stored readings", "store", "cloud", ">readings", ">objects", ">bytes", "oldest", "newest")
    for cloud, tier in tiers:
        counts = (f"{count:,}" for count in (tier.readings, tier.objects, tier.size))
        table.add_row(tier.slot.value, cloud_text(cloud), *counts, tier.oldest[:10], tier.newest[:10])
    return table


def rejections_table(rejections: Mapping[Cloud, Sequence[Rejection]]) -> Table:
    """What was refused to devices, the latest first. Names and topics are what a client sent: text, never markup."""
    table = make_table(
        "refused to devices since the clouds started", "cloud", "last", ">times", "who", "from", "topic", "why"
    )
    for cloud, rows in rejections.items():
        for each in rows:
            last = datetime.fromtimestamp(each.last, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
            row = map(Text, (last, f"{each.count:,}", each.who or "–", each.address, each.topic or "–", each.reason))
            table.add_row(cloud_text(cloud), *row)
    return table


def history_table(
    series: Mapping[str, Sequence[Point]], title: str, undeclared: Collection[str] = frozenset()
) -> Table:
    """Readings by time, a column per property; those that no type declares are marked so."""
    marks = {name: " (undeclared)" if name in undeclared else "" for name in series}
    table = make_table(title, "time", *(f">{escape(name)}{mark}" for name, mark in marks.items()))
    rows: dict[str, dict[str, list[Scalar]]] = {}
    for name, points in series.items():
        for stamp, value in points:
            rows.setdefault(stamp, {}).setdefault(name, []).append(value)
    for stamp in sorted(rows):
        table.add_row(stamp, *(Text(", ".join(map(str, rows[stamp].get(name, [])))) for name in series))
    return table


def latest_table(
    latest: Mapping[str, tuple[str | None, Scalar]], title: str, undeclared: Collection[str] = frozenset()
) -> Table:
    """The latest value of each property; those that no type declares are marked so."""
    table = make_table(title, "property", "value", "measured")
    for name, (stamp, value) in latest.items():
        shown = Text(name).append(" (undeclared)", "dim") if name in undeclared else Text(name)
        table.add_row(shown, Text(str(value)), stamp or "[dim]described, not measured[/]")
    return table


def comparison_table(comparisons: Sequence[ReadBack]) -> Table:
    """Published against read back."""
    title = "what was published against what the hot reader returns"
    table = make_table(title, "device", "property", ">published", ">missing", ">surplus", "")
    for each in comparisons:
        verdict = Text("equal", style="green") if each.equal else Text("differs", style="bold red")
        table.add_row(each.device, each.name, f"{each.published:,}", f"{each.missing:,}", f"{each.surplus:,}", verdict)
    return table


def _clouds(boundary: Boundary | BoundaryStatus) -> Text:
    return Text.assemble(cloud_text(boundary.source_cloud), " → ", cloud_text(boundary.target_cloud))


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"

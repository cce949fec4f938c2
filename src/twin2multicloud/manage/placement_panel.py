"""The placement drawing and the table of boundaries, kept up to date. Owns the columns; counts nothing."""

from typing import Any

from nicegui import ui

from twin2multicloud.emulator.host.status import BoundaryStatus
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.formatting import latency_text
from twin2multicloud.manage.placement_drawing import draw
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Topology

_NUMBERS = (("in", "In"), ("out", "Out"), ("dead", "Dead-lettered"), ("p50", "p50"), ("p99", "p99"))
_STATE = """
<q-td :props="props"><span :class="'badge ' + props.row.kind">{{ props.row.kind }}</span></q-td>
"""
_DEAD = """
<q-td :props="props"><span :class="props.row.bad ? 'bad' : ''">{{ props.row.dead }}</span></q-td>
"""


class PlacementPanel:
    """Where the slots are, and what passes between them."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        with ui.element("section").classes("panel placement"):
            ui.label("Placement").classes("section")
            with ui.element("div").classes("drawing"):
                self._drawing = ui.html(draw(topology), sanitize=False)

    def update(self, feed: Feed) -> None:
        """Draw what the feed says; the same drawing is not sent twice."""
        self._drawing.set_content(draw(self._topology, feed.clouds, feed.boundaries))


class BoundaryTable:
    """Every boundary in numbers."""

    def __init__(self, topology: Topology) -> None:
        self._reasons = {boundary.name: boundary.reason for boundary in topology.boundaries}
        with ui.element("section").classes("panel last"):
            ui.label("Boundaries").classes("section")
            self._table = ui.table(columns=_columns(), rows=[], row_key="name").props("flat dense hide-pagination")
            self._table.classes("boundaries")
            self._table.add_slot("body-cell-kind", _STATE)
            self._table.add_slot("body-cell-dead", _DEAD)

    def update(self, feed: Feed) -> None:
        """Show what the feed says, if it is not shown already."""
        rows = [_row(status, self._reasons.get(status.name, "")) for status in feed.boundaries]
        if rows != self._table.rows:
            self._table.rows = rows


def _columns() -> list[dict[str, Any]]:
    words = [("name", "Boundary"), ("kind", ""), ("clouds", "Clouds")]
    texts = [{"name": name, "label": label, "field": name, "align": "left"} for name, label in words]
    numbers = [{"name": name, "label": label, "field": name, "align": "right"} for name, label in _NUMBERS]
    how = {"name": "how", "label": "How", "field": "how", "align": "left", "classes": "how", "headerClasses": "how"}
    return [*texts, *numbers, how]


def _row(status: BoundaryStatus, reason: str) -> dict[str, Any]:
    here, there = label_of(status.source_cloud), label_of(status.target_cloud)
    counts = (status.messages_in, status.messages_out, status.dead_lettered)
    idle = not status.running and not any(counts)
    numbers = [f"{count:,}" for count in counts] + [latency_text(status.p50_ms), latency_text(status.p99_ms)]
    return {
        "name": status.name,
        "kind": "planned" if idle else status.locality.value,
        "clouds": here if here == there else f"{here} → {there}",
        "how": reason,
        "bad": status.dead_lettered > 0,
        **{name: "–" if idle else number for (name, _), number in zip(_NUMBERS, numbers, strict=True)},
    }

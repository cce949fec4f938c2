"""The placement as a drawing (on a phone as a list), what stands behind it, and the table of boundaries.

Kept up to date from the feed. Owns the columns; counts nothing.
"""

from html import escape
from typing import Any

from nicegui import events, ui

from twin2multicloud.domain.placement import Slot
from twin2multicloud.emulator.host.status import BoundaryStatus
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.formatting import latency_text
from twin2multicloud.manage.overview_panel import CELL
from twin2multicloud.manage.placement_details import details
from twin2multicloud.manage.placement_drawing import draw
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.topology import Topology

_NUMBERS = (("in", "In"), ("out", "Out"), ("dead", "Dead-lettered"), ("p50", "p50"), ("p99", "p99"))
_NAME = "(event) => { const at = event.target.closest('[data-name]'); if (at) emit(at.dataset.name); }"
_STATE = """
<q-td :props="props" data-label="State"><span :class="'badge ' + props.row.kind">{{ props.row.kind }}</span></q-td>
"""
_DEAD = """
<q-td :props="props" data-label="Dead-lettered">
<span :class="props.row.bad ? 'bad' : ''">{{ props.row.dead }}</span></q-td>
"""


class PlacementPanel:
    """Where the slots are, and what passes between them. A click on a slot or a boundary opens its details."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._feed: Feed | None = None
        with ui.element("section").classes("panel placement"):
            ui.label("Placement").classes("section")
            with ui.element("div").classes("drawing"):
                self._drawing = ui.html(draw(topology), sanitize=False).on("click", self._open, js_handler=_NAME)
            with ui.element("div").classes("slot-list"):
                for slot in Slot:
                    self._line(slot)
        with ui.dialog() as self._dialog, ui.element("div").classes("panel details"):
            self._details = ui.element("div")

    def _line(self, slot: Slot) -> None:
        """A slot where the drawing is too wide for the screen."""
        cloud = self._topology.placement[slot]
        with ui.element("div").classes(f"slot-line {cloud}").on("click", lambda: self._show(slot.value)):
            ui.label(slot.value).classes("slot-name")
            ui.label(slot.label).classes("quiet")
            ui.label(label_of(cloud)).classes("slot-cloud")

    def _open(self, event: events.GenericEventArguments) -> None:
        self._show(event.args)

    def _show(self, name: str) -> None:
        clouds, boundaries = (self._feed.clouds, self._feed.boundaries) if self._feed is not None else ((), ())
        shown = details(self._topology, name, clouds, boundaries)
        if shown is None:
            return
        self._details.clear()
        with self._details:
            ui.label(shown.title).classes("device-id")
            ui.label(shown.sentence).classes("quiet")
            with ui.element("dl"):
                for term, words in shown.lines:
                    ui.html(f"<dt>{escape(term)}</dt><dd>{escape(words)}</dd>", sanitize=False)
        self._dialog.open()

    def update(self, feed: Feed) -> None:
        """Draw what the feed says; the same drawing is not sent twice."""
        self._feed = feed
        self._drawing.set_content(draw(self._topology, feed.clouds, feed.boundaries))


class BoundaryTable:
    """Every boundary in numbers."""

    def __init__(self, topology: Topology) -> None:
        self._reasons = {boundary.name: boundary.reason for boundary in topology.boundaries}
        with ui.element("section").classes("panel last"):
            ui.label("Boundaries").classes("section")
            self._table = ui.table(columns=_columns(), rows=[], row_key="name").props("flat dense hide-pagination")
            self._table.classes("listing boundaries")
            self._table.add_slot("body-cell", CELL)
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
    down = status.running and not status.known
    idle = down or (not status.running and not any(counts))
    numbers = [f"{count:,}" for count in counts] + [latency_text(status.p50_ms), latency_text(status.p99_ms)]
    return {
        "name": status.name,
        "kind": "down" if down else "planned" if idle else "open" if status.open else status.locality.value,
        "clouds": here if here == there else f"{here} → {there}",
        "how": reason,
        "bad": status.dead_lettered > 0 or status.open,
        **{name: "–" if idle else number for (name, _), number in zip(_NUMBERS, numbers, strict=True)},
    }

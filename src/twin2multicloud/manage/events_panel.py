"""The list of events that rules fired, and their acknowledgement. Evaluates no rule."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import events, run, ui

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.manage.formatting import age_text
from twin2multicloud.manage.overview_panel import CELL

_COLUMNS = (
    ("rule", "Rule"),
    ("device", "Device"),
    ("reading", "Values"),
    ("acted", "Action"),
    ("seen", "Acknowledged"),
)
_SEEN = """
<q-td :props="props" data-label="Acknowledged"><span v-if="props.value">{{ props.value }}</span>
<q-btn v-else outline dense no-caps color="primary" class="q-px-sm" label="Acknowledge"
:aria-label="'Acknowledge ' + props.row.rule + ' of ' + props.row.device"
@click="$parent.$emit('acknowledge', props.row.key)" /></q-td>
"""


class EventsPanel:
    """The newest events. Hidden while there are none. `acknowledge` is called with an event's id and a note."""

    def __init__(self, acknowledge: Callable[[str, str], bool]) -> None:
        self._acknowledge, self._chosen = acknowledge, ""
        columns = [{"name": name, "label": label, "field": name, "align": "left"} for name, label in _COLUMNS]
        columns.append({"name": "age", "label": "Fired", "field": "age", "align": "right"})
        with ui.element("section").classes("panel last") as self._panel:
            with ui.row().classes("items-baseline"):
                ui.label("Events").classes("section")
                ui.label("t2mc events lists and follows them").classes("quiet")
            self._table = ui.table(columns=columns, rows=[], row_key="key").props("flat dense hide-pagination")
            self._table.classes("listing events")
            self._table.add_slot("body-cell", CELL)
            self._table.add_slot("body-cell-seen", _SEEN)
            self._table.on("acknowledge", self._ask)
        self._panel.visible = False
        with ui.dialog() as self._dialog, ui.card().classes("apply-card"):
            ui.label("Acknowledge this event").classes("device-id")
            self._note = ui.input("Note").props("dense autofocus").classes("event-note")
            with ui.row().classes("apply-buttons"):
                ui.button("Cancel", on_click=self._dialog.close).props("flat no-caps")
                ui.button("Acknowledge", on_click=self._write).props("unelevated no-caps")

    def update(self, found: Sequence[KeptEvent], now: int) -> None:
        """Show events, the newest first; `now` is in ms since 1970."""
        rows = [_row(each, now) for each in found]
        self._panel.visible = bool(rows)
        if rows != self._table.rows:
            self._table.rows = rows

    def _ask(self, event: events.GenericEventArguments) -> None:
        self._chosen = str(event.args)
        self._note.value = ""
        self._dialog.open()

    async def _write(self) -> None:
        self._dialog.close()
        try:
            first = await run.io_bound(self._acknowledge, self._chosen, self._note.value)
        except (TwinError, OSError) as error:
            ui.notify(f"Not acknowledged: {error}", type="negative")
            return
        ui.notify("acknowledged" if first else "it was acknowledged before; the first note stays", type="positive")


def _row(each: KeptEvent, now: int) -> dict[str, Any]:
    event, note = each.event, each.acknowledged
    seen = "" if note is None else note.note or f"at {note.at}"
    return {
        "key": event.id,
        "rule": event.rule,
        "device": event.device_id,
        "reading": ", ".join(f"{name} {value}" for name, value in event.values.items()),
        "acted": f"done {each.acted_at[11:19]}" if each.acted_at else "–",
        "seen": seen,
        "age": age_text(now / 1000 - to_datetime(event.timestamp).timestamp()),
    }

"""The table of an overview: a line for each device, sorted as the visitor likes. Owns the columns; reads nothing."""

from collections.abc import Callable

from nicegui import ui

from twin2multicloud.manage.overview import Overview

_COLUMNS = [
    {"name": name, "label": label, "field": field, "align": "left", "sortable": name != "values", "classes": name}
    for name, label, field in (
        ("device", "Device", "device"),
        ("state", "State", "state"),
        ("age", "Last reading", "age_ms"),
        ("values", "Latest values", "values"),
        ("type", "Type", "type"),
    )
]
_DEVICE = """
<q-td :props="props" data-label="Device"><a class="device-link" :href="'/?device=' + encodeURIComponent(props.value)"
@click.stop.prevent="$parent.$emit('open', props.value)">{{ props.value }}</a></q-td>
"""
_STATE = """
<q-td :props="props" data-label="State">
<span :class="'badge ' + props.value.split(' ')[0]">{{ props.value }}</span></q-td>
"""
_AGE = '<q-td :props="props" data-label="Last reading">{{ props.row.age }}</q-td>'
CELL = '<q-td :props="props" :data-label="props.col.label">{{ props.value }}</q-td>'
"""A cell that says its column's name where the table is a list of cards, on a phone."""


class OverviewPanel:
    """Calls `on_device` with the device whose line is clicked."""

    def __init__(self, on_device: Callable[[str], None]) -> None:
        self.overview: Overview | None = None
        with ui.element("section").classes("panel") as self.element:
            self._note = ui.label().classes("quiet")
            self._table = ui.table(columns=_COLUMNS, rows=[], row_key="device").props("flat dense hide-pagination")
            self._table.classes("listing overview")
            for name, slot in (("", CELL), ("-device", _DEVICE), ("-state", _STATE), ("-age", _AGE)):
                self._table.add_slot(f"body-cell{name}", slot)
            self._table.on("open", lambda event: on_device(event.args))
            self._table.on("rowClick", lambda event: on_device(event.args[1]["device"]))

    def show(self, overview: Overview | None, now: int) -> None:
        """Show other devices, or hide."""
        self.overview = overview
        self.element.visible = overview is not None
        self.update(now)

    def update(self, now: int) -> None:
        """Show what was read last."""
        if self.overview is None:
            return
        rows = self.overview.rows(now)
        self._note.set_text(f"the first {len(rows)} of {self.overview.total:,} devices; the hierarchy finds the others")
        self._note.visible = self.overview.total > len(rows)
        if rows != self._table.rows:
            self._table.rows = rows

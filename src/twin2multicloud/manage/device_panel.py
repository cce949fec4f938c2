"""The selected device: a card for each property and a chart for each that changes. Owns their drawing; reads nothing.

Everything is built once for a device and then updated in place, so that nothing flickers.
"""

from nicegui import ui

from twin2multicloud.domain.device import DataType, Property
from twin2multicloud.functions.storage.downsampling import span_text
from twin2multicloud.manage.charts import chart_options, is_numeric
from twin2multicloud.manage.device_readings import DeviceReadings
from twin2multicloud.manage.formatting import NOTHING, age_text, value_text
from twin2multicloud.manage.series import STALE_AT_LEAST_MS


class ValueCard:
    """Name, value, unit and age of one property."""

    def __init__(self, prop: Property, note: str = "") -> None:
        self._property = prop
        with ui.element("div").classes("value-card") as self._card:
            with ui.label(prop.name).classes("value-name"):
                if note:
                    ui.label(note).classes("quiet")
            with ui.element("div").classes("value-line"):
                self._value = ui.label(NOTHING).classes("value").props(f'data-property="{prop.name}"')
                ui.label(prop.unit).classes("unit")
            self._age = ui.label().classes("age")

    def update(self, readings: DeviceReadings, now: int) -> None:
        """Show what was read last."""
        stamp, value = readings.latest.get(self._property.name, (None, self._property.constant))
        if value is None:
            self._age.set_text("no reading yet" if readings.loaded else "loading …")
            return
        self._value.set_text(value_text(value))
        if stamp is None:
            self._age.set_text("constant" if self._property.constant is not None else "no time")
            return
        age = now - stamp
        stale = age > readings.stale_after.get(self._property.name, STALE_AT_LEAST_MS)
        self._age.set_text(age_text(age / 1000))
        self._card.classes(add="stale" if stale else "", remove="" if stale else "stale")


class PropertyChart:
    """One property over time."""

    def __init__(self, prop: Property) -> None:
        self._property = prop
        self._drawn: object = None
        with ui.element("div").classes("panel chart" if is_numeric(prop) else "panel chart steps"):
            with ui.element("div").classes("chart-head"):
                ui.label(prop.name).classes("chart-name")
                ui.label(prop.unit).classes("unit")
                self._note = ui.label().classes("quiet")
            self._chart = ui.echart(chart_options(prop, (), 0, 0)).classes("plot")

    def update(self, readings: DeviceReadings, now: int) -> None:
        """Draw what was read, if there is anything new to see."""
        points = readings.history[self._property.name]
        start, end = readings.span(now)
        state = (start, end, len(points), points[-2:])
        if state == self._drawn:
            return
        self._drawn = state
        self._note.set_text(_note(readings, self._property, bool(points), end, now))
        self._chart.options.update(chart_options(self._property, points, start, end))
        self._chart.update()


def _note(readings: DeviceReadings, prop: Property, drawn: bool, end: int, now: int) -> str:
    if not readings.loaded:
        return "loading …"
    if not drawn:
        return "no readings in this window"
    past = end != now and readings.length is not None
    notes = [f"up to the last reading, {age_text((now - end) / 1000)}"] if past else []
    if readings.bucket is not None:
        notes.append(f"{'lowest and highest' if is_numeric(prop) else 'last'} of each {span_text(readings.bucket)}")
    return ", ".join(notes)


class DevicePanel:
    """All cards and charts of one device; `show` builds them, `update` fills them."""

    def __init__(self) -> None:
        self._cards: list[ValueCard] = []
        self._undeclared: dict[str, ValueCard] = {}
        self._charts: list[PropertyChart] = []
        with ui.element("div").classes("device-body") as self.element:
            self._card_row = ui.element("div").classes("value-cards")
            self._chart_grid = ui.element("div").classes("charts")

    def show(self, readings: DeviceReadings) -> None:
        """Make room for another device, or for the same one over another time."""
        self._card_row.clear()
        self._chart_grid.clear()
        with self._card_row:
            self._cards = [ValueCard(prop) for prop in readings.properties]
        self._undeclared = {}
        with self._chart_grid:
            self._charts = [PropertyChart(prop) for prop in sorted(readings.charted, key=is_numeric, reverse=True)]

    def update(self, readings: DeviceReadings, now: int) -> None:
        """Show what was read last."""
        for name in readings.undeclared:
            if name not in self._undeclared:
                with self._card_row:
                    self._undeclared[name] = ValueCard(Property(name=name, data_type=DataType.STRING), "undeclared")
        for card in (*self._cards, *self._undeclared.values()):
            card.update(readings, now)
        for chart in self._charts:
            chart.update(readings, now)

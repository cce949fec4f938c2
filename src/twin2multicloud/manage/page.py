"""One visitor's page: the panels, the device in view, and the timers that keep them up to date. Owns the layout."""

import time
from pathlib import Path

from nicegui import events, run, ui

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.device_panel import DevicePanel
from twin2multicloud.manage.device_readings import DeviceReadings
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.header_bar import HeaderBar
from twin2multicloud.manage.hierarchy_panel import HierarchyPanel
from twin2multicloud.manage.placement_panel import BoundaryTable, PlacementPanel
from twin2multicloud.manage.twin_view import TwinView
from twin2multicloud.planning.topology import Topology

_BEAT = 1.0  # s
_MINUTE = 60_000
WINDOWS: dict[int, str] = {5: "5 min", 15: "15 min", 60: "60 min", 0: "All"}
"""What can be looked at, in minutes; 0 is everything."""

STYLE = Path(__file__).with_name("dashboard.css")


class DashboardPage:
    """Built for one visitor. Two beats: `_read` may be slow or fail, `_draw` always shows how old things are."""

    def __init__(self, twin: Twin, topology: Topology, view: TwinView, feed: Feed, device_id: str | None) -> None:
        self._twin, self._view, self._feed = twin, view, feed
        self._readings: DeviceReadings | None = None
        self._problem = ""
        self._minutes = 5
        ui.add_css(STYLE)
        with ui.left_drawer().props("width=272 breakpoint=900").classes("drawer") as drawer:
            self._hierarchy = HierarchyPanel(twin, self._choose)
        self._header = HeaderBar(twin.name, topology.placement.clouds, drawer)
        self._build_centre(topology)
        self._hierarchy.choose(device_id)
        ui.timer(_BEAT, self._draw)
        ui.timer(_BEAT, self._read)

    def _build_centre(self, topology: Topology) -> None:
        with ui.element("div").classes("centre"):
            self._banner = ui.label().classes("banner").props("role=alert")
            self._banner.visible = False
            self._placement = PlacementPanel(topology)
            with ui.element("div").classes("device-head"):
                self._title = ui.label("No device").classes("device-id")
                self._type = ui.label().classes("quiet")
                ui.space()
                ui.toggle(WINDOWS, value=self._minutes, on_change=self._look_at).props(
                    "no-caps unelevated dense toggle-color=primary"
                ).classes("windows")
            self._device = DevicePanel()
            self._table = BoundaryTable(topology)

    def _choose(self, device_id: str) -> None:
        device_type = self._twin.catalog.type_of(device_id)
        if device_type is None:
            return
        self._title.set_text(device_id)
        self._type.set_text(f"type {device_type.name}")
        length = self._minutes * _MINUTE or None
        self._readings = DeviceReadings(self._view, device_id, device_type, length)
        self._device.show(self._readings)
        ui.navigate.history.replace(f"/?device={device_id}")

    def _look_at(self, event: events.ValueChangeEventArguments[int]) -> None:
        self._minutes = event.value
        if self._readings is not None:
            self._choose(self._readings.device_id)

    async def _read(self) -> None:
        readings = self._readings
        if readings is None:
            return
        try:
            await run.io_bound(readings.refresh, _now())
            self._problem = ""
        except (TwinError, OSError) as error:
            self._problem = f"The hot reader does not answer: {error}"
        if readings is self._readings:
            self._draw()

    def _draw(self) -> None:
        self._header.update(self._feed, readable=not self._problem)
        self._placement.update(self._feed)
        self._table.update(self._feed)
        if self._readings is not None:
            self._device.update(self._readings, _now())
        problem = self._problem or self._feed.problem
        self._banner.set_text(problem)
        self._banner.visible = bool(problem)


def _now() -> int:
    return time.time_ns() // 1_000_000

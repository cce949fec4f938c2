"""One visitor's page: the panels, the device in view, and the timers that keep them up to date. Owns the layout."""

import time
from itertools import islice
from pathlib import Path

from nicegui import events, run, ui

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.device_panel import DevicePanel
from twin2multicloud.manage.device_readings import DeviceReadings
from twin2multicloud.manage.events_panel import EventsPanel
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.header_bar import HeaderBar, plain_header
from twin2multicloud.manage.hierarchy_panel import HierarchyPanel
from twin2multicloud.manage.hierarchy_tree import Place, missing_place, place_of
from twin2multicloud.manage.kept_panel import KeptPanel
from twin2multicloud.manage.overview import MOST_DEVICES, Overview
from twin2multicloud.manage.overview_panel import OverviewPanel
from twin2multicloud.manage.placement_panel import BoundaryTable, PlacementPanel
from twin2multicloud.manage.scene_panel import ScenePanel
from twin2multicloud.manage.storage_panel import StoragePanel
from twin2multicloud.manage.twin_view import TwinView
from twin2multicloud.planning.topology import Topology

_BEAT = 1.0  # s
_MINUTE = 60_000
WINDOWS: dict[int, str] = {5: "5 min", 15: "15 min", 60: "60 min", 0: "All"}
"""What can be looked at, in minutes; 0 is everything."""

STYLE = Path(__file__).with_name("dashboard.css")


class DashboardPage:
    """Built for one visitor: one device, or many at a glance.

    Two beats: `_read` may be slow or fail, `_draw` always shows how old things are.
    """

    def __init__(self, twin: Twin, topology: Topology, view: TwinView, feed: Feed, place: Place) -> None:
        self._twin, self._view, self._feed = twin, view, feed
        self._readings: DeviceReadings | None = None
        self._problem = self._notice = ""
        self._minutes = 5
        ui.add_css(STYLE)
        with ui.left_drawer().props("width=272 breakpoint=900").classes("drawer") as drawer:
            self._hierarchy = HierarchyPanel(twin, self._choose, self._choose_many)
        self._header = HeaderBar(twin.name, topology.placement.clouds, drawer)
        self._build_centre(topology)
        self._notice = missing_place(twin, place)
        notice = self._notice
        self._hierarchy.choose(Place() if notice else place)
        self._notice = notice  # what was chosen instead has none
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
                self._windows = ui.toggle(WINDOWS, value=self._minutes, on_change=self._look_at).classes("windows")
                self._windows.props("no-caps unelevated dense toggle-color=primary")
            self._device = DevicePanel()
            self._many = OverviewPanel(lambda device_id: self._hierarchy.choose(Place(device=device_id)))
            self._scene = ScenePanel(self._twin)
            self._events = EventsPanel(self._view.acknowledge)
            self._table = BoundaryTable(topology)
            self._storage = StoragePanel()
            self._kept = KeptPanel()

    def _choose(self, device_id: str) -> None:
        device_type = self._twin.catalog.type_of(device_id)
        if device_type is None:
            return
        length = self._minutes * _MINUTE or None
        self._readings = DeviceReadings(self._view, device_id, device_type, length)
        self._show(device_id, f"type {device_type.name}", Place(device=device_id).url, None)
        self._device.show(self._readings)

    def _choose_many(self, node_id: str) -> None:
        node = self._hierarchy.node(node_id)
        devices = list(islice(self._hierarchy.devices_below(node_id), MOST_DEVICES))
        total = self._hierarchy.count_below(node_id)
        overview = Overview(self._view, self._twin.catalog, devices, total)
        self._readings = None
        self._show(node["label"], f"{total:,} devices", place_of(node_id).url, overview)

    def _show(self, title: str, subtitle: str, url: str, overview: Overview | None) -> None:
        self._notice = ""
        self._title.set_text(title)
        self._type.set_text(subtitle)
        self._windows.visible = self._device.element.visible = overview is None
        self._many.show(overview, _now())
        self._scene.update(overview)
        ui.navigate.history.replace(url)

    def _look_at(self, event: events.ValueChangeEventArguments[int]) -> None:
        self._minutes = event.value
        if self._readings is not None:
            self._choose(self._readings.device_id)

    async def _read(self) -> None:
        readings, overview = self._readings, self._many.overview
        try:
            if readings is not None:
                await run.io_bound(readings.refresh, _now())
            elif overview is not None:
                await run.io_bound(overview.refresh)
            self._problem = ""
        except (TwinError, OSError) as error:
            self._problem = f"The hot reader does not answer: {error}"
        if readings is self._readings and overview is self._many.overview:
            self._draw()

    def _draw(self) -> None:
        self._header.update(self._feed, readable=not self._problem)
        self._placement.update(self._feed)
        self._table.update(self._feed)
        self._storage.update(self._feed.clouds)
        self._events.update(self._feed.events, _now())
        self._kept.update(self._feed, _now())
        if self._readings is not None:
            self._device.update(self._readings, _now())
        self._many.update(_now())
        self._scene.update(self._many.overview)
        problem = self._problem or self._feed.problem or self._notice
        self._banner.set_text(problem)
        self._banner.visible = bool(problem)


def missing_page(path: str) -> None:
    """What an address that is none shows: which one, and the way to those that are."""
    ui.add_css(STYLE)
    plain_header("Twin2MultiCloud")
    with ui.element("main").classes("centre"), ui.element("section").classes("panel"):
        ui.label(f"There is no page {path}").classes("device-id")
        with ui.element("div").classes("ways"):
            ui.link("The twin", "/")
            ui.link("What placements cost", "/optimizer")


def _now() -> int:
    return time.time_ns() // 1_000_000

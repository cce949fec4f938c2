"""The cost optimizer's page: the twin's own workload, figures to type or drag, presets, and the cheapest placement.

Owns the page's layout and which figures have a slider; what anything costs is `costs`' alone.
"""

import math
from pathlib import Path

import msgspec
from nicegui import events, ui

from twin2multicloud.costs.optimizer import Result, optimize
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.apply_dialog import ApplyDialog
from twin2multicloud.manage.cost_chart import stacked_bars
from twin2multicloud.manage.header_bar import plain_header
from twin2multicloud.manage.tier_cards import draw_tiers
from twin2multicloud.operations.choosing import project_workload
from twin2multicloud.planning.clouds import label_of

OWN = "project"
"""The twin's own workload among the presets."""
_STEPS = 200
_STYLES = ("dashboard.css", "optimizer.css")


class Knob(msgspec.Struct, frozen=True):
    """A figure of the workload with a slider: its range, and whether the slider is logarithmic."""

    figure: str
    label: str
    low: float
    high: float
    logarithmic: bool = False

    def value_at(self, step: float) -> float:
        """The figure at a place of the slider, rounded to three digits; a whole number where the figure is a count."""
        share = step / _STEPS
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        return round(value) if self.counts else float(f"{value:.3g}")

    def step_of(self, value: float) -> int:
        """The place of the slider nearest to a value."""
        inside = min(max(value, self.low), self.high)
        if self.logarithmic:
            return round(_STEPS * math.log(inside / self.low) / math.log(self.high / self.low))
        return round(_STEPS * (inside - self.low) / (self.high - self.low))

    @property
    def counts(self) -> bool:
        """Whether the figure is a whole number."""
        return self.figure in ("devices", "entities", "editors", "viewers", "messages_per_request")


KNOBS = (
    Knob("devices", "Devices", 1, 100_000, True),
    Knob("interval_min", "Minutes between messages", 0.05, 60, True),
    Knob("message_kb", "KB per message", 0.1, 20, True),
    Knob("messages_per_request", "Messages per request", 1, 100, True),
    Knob("batch_window", "Seconds to wait for company", 0, 20),
    Knob("hot_months", "Months hot", 0, 12),
    Knob("cool_months", "Months until archived", 0, 24),
    Knob("archive_months", "Months until deleted", 0, 60),
    Knob("editors", "Dashboard editors", 0, 200),
    Knob("viewers", "Dashboard viewers", 0, 500),
    Knob("refreshes_per_hour", "Refreshes per hour", 0, 240),
    Knob("active_hours_per_day", "Dashboard hours per day", 0, 24),
)


AGES = ("hot_months", "cool_months", "archive_months")


def pushed_ages(workload: Workload, figure: str, value: float) -> dict[str, float]:
    """A figure's new value, with the ages that it pushes along: each store keeps at least as long as the one before."""
    changed = {figure: value}
    if figure in AGES:
        at = AGES.index(figure)
        changed |= {name: value for name in AGES[:at] if getattr(workload, name) > value}
        changed |= {name: value for name in AGES[at + 1 :] if getattr(workload, name) < value}
    return changed


def register_optimizer_page(twin: Twin, folder: Path | None) -> None:
    """Add ``/optimizer`` to the dashboard. The prices are read once, here.

    `folder` is the project's, to which a placement can be applied; None where there is none.
    """
    book = PriceBook.shipped()

    @ui.page("/optimizer", title="Cost optimizer · Twin2MultiCloud")
    def optimizer() -> None:
        OptimizerPage(book, twin, folder)


class OptimizerPage:
    """Built for one visitor; holds the workload in view."""

    def __init__(self, book: PriceBook, twin: Twin, folder: Path | None) -> None:
        self._book, self._folder = book, folder
        problem = ""
        try:
            own = project_workload(twin, folder)
        except ConfigurationError as error:
            own, problem = project_workload(twin, None), str(error)
        self._known = {OWN: own, **PRESETS}
        self._workload = own
        self._following = False  # the sliders follow a preset: their changes are not the visitor's
        self._sliders: dict[str, ui.slider] = {}
        self._values: dict[str, ui.number] = {}
        for name in _STYLES:
            ui.add_css(Path(__file__).with_name(name))
        plain_header("Cost optimizer")
        with ui.element("main").classes("centre optimizer"):
            with ui.element("section").classes("panel knobs"):
                self._build_knobs()
            with ui.element("div").classes("answers"):
                self._build_answers()
        self._show_workload()
        self._answer()
        if problem:
            self._say(problem)

    def _build_knobs(self) -> None:
        ui.label("Workload").classes("section")
        self._presets = (
            ui.toggle(
                {OWN: "Twin"} | {name: name.capitalize() for name in PRESETS},
                value=OWN,
                on_change=self._take_preset,
            )
            .props("no-caps unelevated dense toggle-color=primary")
            .classes("windows")
        )
        for knob in KNOBS:
            with ui.element("div").classes("knob"):
                ui.label(knob.label).classes("knob-name")
                self._values[knob.figure] = (
                    ui.number(min=0, on_change=lambda event, knob=knob: self._type(knob, event.value))
                    .props(f'dense borderless debounce=500 input-class=text-right aria-label="{knob.label}, typed"')
                    .classes("knob-value")
                )
                self._sliders[knob.figure] = ui.slider(
                    min=0, max=_STEPS, value=0, on_change=lambda event, knob=knob: self._turn(knob, event.value)
                ).props(f'aria-label="{knob.label}"')
        self._events = ui.switch("Events", on_change=lambda event: self._change(events=bool(event.value)))
        self._needs_3d = ui.switch("3D view", on_change=lambda event: self._change(needs_3d=bool(event.value)))

    def _build_answers(self) -> None:
        self._banner = ui.label().classes("banner").props("role=alert")
        with ui.element("section").classes("panel"):
            with ui.element("div").classes("headline"):
                self._total = ui.label().classes("total")
                ui.label("USD per month").classes("quiet")
                ui.space()
                self._saved = ui.label().classes("saved")
                self._apply = None if self._folder is None else ApplyDialog(self._folder, self._say)
            self._slots = ui.element("div").classes("slot-cards")
        with ui.element("section").classes("panel"):
            ui.label("Against one cloud alone, by layer").classes("section")
            self._bars = ui.echart({}).classes("bars")
        with ui.element("section").classes("panel"):
            ui.label("Object stores, by what is billed").classes("section")
            self._tiers = ui.element("div").classes("tier-cards")
        with ui.element("section").classes("panel"):
            ui.label("If one slot were elsewhere").classes("section")
            self._runner_ups = ui.element("div").classes("runner-ups")
        self._footer = ui.label().classes("quiet footer")

    def _take_preset(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        if event.value is not None:
            self._workload = self._known[event.value]
            self._show_workload()
            self._answer()

    def _turn(self, knob: Knob, step: float) -> None:
        if not self._following:
            self._change(**pushed_ages(self._workload, knob.figure, knob.value_at(step)))

    def _type(self, knob: Knob, value: float | None) -> None:
        """Take a figure that was typed: also one that no slider reaches."""
        if self._following or value is None:
            return
        typed = round(value) if knob.counts else float(value)
        if f"{typed:.6g}" != f"{getattr(self._workload, knob.figure):.6g}":
            self._change(**pushed_ages(self._workload, knob.figure, typed))
            self._show_workload()

    def _change(self, **figures: object) -> None:
        """Take a figure of the visitor's; one that cannot be is said, and the answer in view stays."""
        if self._following or all(getattr(self._workload, name) == value for name, value in figures.items()):
            return
        try:
            self._workload = msgspec.structs.replace(self._workload, **figures)
        except ConfigurationError as error:
            self._say(str(error))
            return
        self._presets.set_value(next((name for name, each in self._known.items() if each == self._workload), None))
        if len(figures) > 1:
            self._show_workload()  # other sliders were pushed along
        self._show_values()
        self._answer()

    def _show_workload(self) -> None:
        self._following = True
        for knob in KNOBS:
            self._sliders[knob.figure].set_value(knob.step_of(getattr(self._workload, knob.figure)))
        self._events.set_value(self._workload.events)
        self._needs_3d.set_value(self._workload.needs_3d)
        self._following = False
        self._show_values()

    def _show_values(self) -> None:
        before, self._following = self._following, True
        for knob in KNOBS:
            self._values[knob.figure].set_value(float(f"{getattr(self._workload, knob.figure):.6g}"))
        self._following = before

    def _answer(self) -> None:
        try:
            result = optimize(self._workload, self._book)
        except ConfigurationError as error:
            self._say(str(error))
            return
        self._say("")
        self._total.set_text(f"{result.total:,.2f}")
        self._saved.set_text(_saved(result))
        if self._apply is not None:
            self._apply.offer(result)
        self._draw_slots(result)
        draw_tiers(self._tiers, result, self._book)
        self._draw_runner_ups(result)
        self._bars.options.clear()
        self._bars.options.update(stacked_bars(result, self._book))
        self._bars.update()
        self._footer.set_text(f"{result.proof}. Prices: {result.prices}.")

    def _say(self, problem: str) -> None:
        self._banner.set_text(problem)
        self._banner.visible = bool(problem)

    def _draw_slots(self, result: Result) -> None:
        self._slots.clear()
        with self._slots:
            for slot in Slot:
                cloud = result.placement[slot]
                with ui.element("div").classes(f"slot-card {cloud}"):
                    ui.label(slot.value).classes("slot-name")
                    ui.label(slot.label).classes("quiet")
                    ui.label(label_of(cloud)).classes("slot-cloud")
                    ui.label(f"{result.breakdown.by_place[slot.value]:,.2f}").classes("slot-cost")
        crossings = {place: cost for place, cost in result.breakdown.by_place.items() if place not in set(Slot)}
        if crossings:
            with self._slots, ui.element("div").classes("slot-card crossing"):
                ui.label("Crossings").classes("slot-name")
                ui.label(", ".join(crossings)).classes("quiet")
                ui.label(f"{sum(crossings.values()):,.2f}").classes("slot-cost")

    def _draw_runner_ups(self, result: Result) -> None:
        self._runner_ups.clear()
        with self._runner_ups:
            for each in result.runner_ups:
                ui.label(f"{each.slot} on {label_of(each.cloud)}").classes("runner-slot")
                with ui.element("div").classes("dots"):
                    for slot in Slot:
                        ui.element("span").classes(f"dot {each.placement[slot]}").props(
                            f'title="{slot}: {label_of(each.placement[slot])}"'
                        )
                ui.label(f"+ {each.difference:,.2f}").classes("runner-cost")


def _saved(result: Result) -> str:
    if result.savings is None or result.savings < 0.005:
        return "one cloud alone is the cheapest"
    alone = {cloud: cost for cloud, cost in result.single_cloud.items() if cost is not None}
    cloud = min(alone, key=lambda each: alone[each])
    return f"{result.savings:,.2f} less than {label_of(cloud)} alone ({result.savings / alone[cloud] * 100:.1f} %)"

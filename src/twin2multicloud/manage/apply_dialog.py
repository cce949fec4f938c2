"""Applying a placement from the optimizer's page: what it changes, and the question. Prices nothing."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from nicegui import ui

from twin2multicloud.costs.optimizer import Result
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.operations.choosing import apply_placement
from twin2multicloud.operations.moving_slots import left_behind
from twin2multicloud.planning.difference import difference
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.places import typed

_SIGNS = {"+": "added", "−": "removed", "~": "changed"}


class ApplyDialog:
    """A button that is there while the answer is another placement than the project's, and the dialog behind it."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._result: Result | None = None
        self._button = ui.button("Apply …", on_click=self._ask).props("no-caps unelevated dense").classes("apply")
        with ui.dialog() as self._dialog, ui.card().classes("apply-card"):
            ui.label("Write this placement to the project?").classes("device-id")
            self._changes = ui.element("div").classes("apply-changes")
            with ui.row().classes("apply-buttons"):
                ui.button("Cancel", on_click=self._dialog.close).props("flat no-caps")
                ui.button("Write", on_click=self._write).props("unelevated no-caps")

    def offer(self, result: Result) -> None:
        """Offer the placement of an answer."""
        self._result = result
        twin = self._twin()
        self._button.visible = twin is not None and twin.placement != result.placement

    def _twin(self) -> Twin | None:
        try:
            return load_project(self._folder).twin
        except (TwinError, OSError) as error:
            self._say(f"The project cannot be read: {error}")
            return None

    def _ask(self) -> None:
        twin = self._twin()
        if twin is None or self._result is None:
            return
        lines, sentences = changes_of(twin, self._result)
        self._changes.clear()
        with self._changes:
            for sentence in sentences:
                ui.label(sentence).classes("apply-note")
            for line in lines:
                ui.label(line).classes(f"plan-line {_SIGNS[line[0]]}")
            ui.label(f"t2mc down {typed(self._folder)} and t2mc up take it in.").classes("quiet")
        self._dialog.open()

    def _write(self) -> None:
        assert self._result is not None  # noqa: S101 - the dialog opens with an answer only
        self._dialog.close()
        try:
            written = apply_placement(self._folder, self._result)
        except (TwinError, OSError) as error:
            self._say(f"Nothing was written: {error}")
            return
        ui.notify(f"written: {', '.join(path.name for path in written)}", type="positive")
        self._button.visible = False


def changes_of(twin: Twin, result: Result) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The plan's difference, a line for each component, and the sentences on what stays behind."""
    after = msgspec.structs.replace(twin, placement=result.placement)
    return difference(plan(twin), plan(after)).lines, left_behind(twin.placement, result.placement)

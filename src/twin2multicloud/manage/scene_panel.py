"""The scenes of the entity in view, with live values. Owns the elements; reads nothing."""

from nicegui import ui

from twin2multicloud.domain.twin import Twin
from twin2multicloud.manage.overview import Overview
from twin2multicloud.manage.scene_drawing import draw
from twin2multicloud.models.scene import Scene, rooms_of


class ScenePanel:
    """Hidden where nothing has a place: a device is in view, or the twin has no hierarchy."""

    def __init__(self, twin: Twin) -> None:
        self._scenes = rooms_of(twin)
        self._shown: dict[str, str] = {}
        with ui.element("section").classes("panel").props('aria-label="Scene"') as self.element:
            with ui.row().classes("items-baseline"):
                ui.label("Scene").classes("section")
                self._note = ui.label().classes("quiet")
            with ui.element("div").classes("scenes"):
                self._pictures = {each.entity: ui.html(sanitize=False) for each in self._scenes}
        left = sum(each.left for each in self._scenes)
        self._note.set_text(f"{left:,} more properties have no room here" if left else "")
        self.element.visible = False

    def update(self, overview: Overview | None) -> None:
        """Draw what was read last; only what changed is sent."""
        scenes = [] if overview is None else [each for each in self._scenes if _concerns(each, overview)]
        self.element.visible = bool(scenes)
        for each in self._scenes:
            picture = self._pictures[each.entity]
            picture.visible = each in scenes
            if overview is None or each not in scenes:
                continue
            text = draw(each, overview.value)
            if self._shown.get(each.entity) != text:
                self._shown[each.entity] = text
                picture.set_content(text)


def _concerns(scene: Scene, overview: Overview) -> bool:
    return any(overview.has(each.device) for each in scene.spots)

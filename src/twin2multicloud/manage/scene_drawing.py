"""A scene with live values, as SVG. Pure; knows no page.

Colours are CSS variables with a fallback. Colour is never the only sign: a spot whose rule is met says so in words, and
one without a reading has a hollow dot. Each spot is a link to its device: a keyboard and a screen reader find it.
"""

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.functions.events.rule_engine import compare
from twin2multicloud.manage.formatting import NOTHING, value_text
from twin2multicloud.models.scene import HEAD, SPOT, WIDTH, Area, Scene, Spot

Latest = Callable[[str, str], Scalar | None]
"""The latest value of a property of a device; None where nothing was read."""

_STYLE = """
.scene text{font-family:inherit;fill:var(--ink,#17202b);font-size:13px}
.scene .area{fill:var(--card,#fff);stroke:var(--line,#e1e6ed);stroke-width:1.5}
.scene .name{font-weight:650;font-size:14px}.scene .note{fill:var(--muted,#5d6b7c);font-size:12.5px}
.scene .spot rect{fill:var(--accent-soft,#eef0fb);stroke:transparent;stroke-width:1.5}
.scene .spot circle{fill:var(--good,#1b8a4b);stroke:var(--good,#1b8a4b);stroke-width:2}
.scene .spot .value{text-anchor:end;font-variant-numeric:tabular-nums;font-weight:600}
.scene .unread circle{fill:none;stroke:var(--muted,#5d6b7c)}
.scene .met rect{fill:var(--bad-soft,#fdecec);stroke:var(--bad,#c62828)}
.scene .met circle{fill:var(--bad,#c62828);stroke:var(--bad,#c62828)}.scene .met text{fill:var(--bad,#c62828)}
.scene a:hover rect,.scene a:focus-visible rect{stroke:var(--accent,#4c5fd5)}.scene a:focus-visible{outline:none}
""".strip().replace("\n", "")
_INSET = 3.0


def draw(scene: Scene, latest: Latest) -> str:
    """The picture of a scene, now."""
    height = scene.height + 2
    areas = "".join(_area(each) for each in scene.areas)
    labels = "".join(
        f'<text class="note" x="{each.x:g}" y="{each.y + 15:g}">{escape(each.text)}</text>' for each in scene.labels
    )
    spots = "".join(_spot(each, latest(each.device, each.name)) for each in scene.spots)
    name = escape(scene.areas[0].name, quote=True)
    return (
        f'<svg class="scene" xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {WIDTH + 2:g} {height:g}" role="group" '
        f'aria-label="Scene of {name}"><style>{_STYLE}</style>{areas}{labels}{spots}</svg>'
    )


def _area(area: Area) -> str:
    box = f'x="{area.x:g}" y="{area.y:g}" width="{area.width:g}" height="{area.height:g}" rx="9"'
    title = f'<text class="name" x="{area.x + 8:g}" y="{area.y + HEAD - 10:g}">{escape(area.name)}</text>'
    return f'<rect class="area" {box}/>{title}'


def _spot(spot: Spot, value: Scalar | None) -> str:
    rule = None if value is None else _met(spot, value)
    state = "unread" if value is None else "met" if rule is not None else "read"
    said = NOTHING if value is None else f"{value_text(value)} {spot.unit}".strip()
    words = f"{spot.name} of {spot.entity}, {spot.component}: {'no reading' if value is None else said}"
    name = spot.name
    if rule is not None:
        words, name = f"{words}, {rule.name}", f"{name} · {rule.name}"
    top, height = spot.y + 1, SPOT - _INSET
    middle, base = top + height / 2, top + height / 2 + 4.5
    where, box = quote(spot.device, safe=""), f'x="{spot.x:g}" y="{top:g}" width="{spot.width:g}" height="{height:g}"'
    return (
        f'<a class="spot {state}" href="/?device={where}" aria-label="{escape(words, quote=True)}">'
        f'<title>{escape(words)}</title><rect {box} rx="6"/>'
        f'<circle cx="{spot.x + 12:g}" cy="{middle:g}" r="4"/>'
        f'<text x="{spot.x + 24:g}" y="{base:g}">{escape(name)}</text>'
        f'<text class="value" x="{spot.x + spot.width - 8:g}" y="{base:g}">{escape(said)}</text></a>'
    )


def _met(spot: Spot, value: Scalar) -> EventRule | None:
    """The first rule whose condition a value meets."""
    for rule in spot.rules:
        if (term := rule.term) is not None and compare(term.comparison, value, term.threshold):
            return rule
    return None

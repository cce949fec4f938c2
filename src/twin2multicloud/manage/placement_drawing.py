"""The placement as a picture: seven slots in their clouds, the links between them, and what passes. Topology -> SVG.

Pure. Colours are CSS variables with a fallback, so that the drawing follows the page's theme and stands alone too.
Colour is never the only sign: clouds are named, remote links are dashed, a cloud that is down is labelled.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TypeGuard

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.manage.formatting import count_text, latency_text
from twin2multicloud.manage.placement_layout import (
    BOX_HEIGHT,
    BOX_WIDTH,
    WIDTH,
    Lane,
    Layout,
    Point,
    Route,
    lay_out,
)
from twin2multicloud.planning.clouds import known_clouds, label_of, pack
from twin2multicloud.planning.topology import Boundary, Delivery, Locality, Topology

_CORNER = 9.0
_LEGEND_HEIGHT = 28.0
_STYLE = """
.t2mc text{font-family:inherit;fill:var(--ink,#17202b)}
.t2mc .lane{fill:var(--cloud);fill-opacity:.08}.t2mc .edge{fill:var(--cloud)}
@clouds
.t2mc .cloud{font-size:16px;font-weight:650}.t2mc .note{font-size:12.5px;fill:var(--muted,#5d6b7c)}
.t2mc .slot rect{fill:var(--card,#fff);stroke:var(--cloud);stroke-width:1.6}
.t2mc .slot text{text-anchor:middle}.t2mc .id{font-size:15px;font-weight:650}
.t2mc .link path{fill:none;stroke:var(--link);stroke-width:2}.t2mc .link polygon{fill:var(--link)}
.t2mc .local{--link:var(--muted,#5d6b7c)}.t2mc .remote{--link:var(--accent,#4c5fd5)}
.t2mc .remote path{stroke-dasharray:7 4}
.t2mc .link circle{fill:var(--card,#fff);stroke:var(--link);stroke-width:2}
.t2mc .label{font-size:12px;text-anchor:middle;font-variant-numeric:tabular-nums}
.t2mc .pill{fill:var(--card,#fff);stroke:var(--link);stroke-opacity:.45}
.t2mc .dead{fill:var(--bad,#c62828);font-weight:650}
.t2mc .planned{opacity:.55}.t2mc .planned path{stroke-dasharray:2 5}
.t2mc .dark .lane,.t2mc .dark .edge,.t2mc .dark.slot rect{filter:grayscale(1)}.t2mc .dark .lane{fill-opacity:.18}
.t2mc .dark.slot{opacity:.55}.t2mc .link.dark{--link:var(--muted,#5d6b7c)}
.t2mc .dark .off{fill:var(--bad,#c62828);font-weight:650}
.t2mc .unused{opacity:.55}
.t2mc [data-name]{cursor:pointer}.t2mc .link .hit{stroke:transparent;stroke-width:14;stroke-dasharray:none}
.t2mc .slot:hover rect{stroke-width:3}
""".strip().replace("\n", "")


def _style() -> str:
    colours = (f".t2mc .{cloud}{{--cloud:var(--{cloud},{pack(cloud).colour})}}" for cloud in known_clouds())
    return _STYLE.replace("@clouds", "".join(colours))


def draw(topology: Topology, clouds: Sequence[CloudStatus] = (), boundaries: Sequence[BoundaryStatus] = ()) -> str:
    """An SVG of the topology's slots and boundaries, with what the statuses say of them; without, as planned."""
    layout = lay_out(topology.placement)
    dark = {status.cloud for status in clouds if not status.running}
    known = {status.name: status for status in boundaries}
    height = layout.height + _LEGEND_HEIGHT
    routes = layout.routes(drawn(topology))
    parts = [
        *(_lane(lane, lane.cloud in dark) for lane in layout.lanes),
        *(_link(topology, boundary, route, known.get(boundary.name), dark) for boundary, route in routes),
        *(_slot(layout, slot, dark) for slot in Slot),
        *(_tag(boundary, route, status) for boundary, route in routes if _passes(status := known.get(boundary.name))),
        _legend(layout.height + _LEGEND_HEIGHT / 2),
    ]
    return (
        f'<svg class="t2mc" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" role="img" '
        f'aria-label="Placement of {escape(topology.twin)}"><style>{_style()}</style>{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, css: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{css}">{escape(words)}</text>'


def _lane(lane: Lane, dark: bool) -> str:
    css = f"{lane.cloud}{' dark' if dark else ''}{'' if lane.used else ' unused'}"
    frame = (
        f'<rect class="lane" x="0" y="{lane.top:g}" width="{WIDTH:g}" height="{lane.height:g}" rx="10"/>'
        f'<rect class="edge" x="0" y="{lane.top:g}" width="5" height="{lane.height:g}" rx="2.5"/>'
    )
    if not lane.used:
        name = _text(18, lane.middle + 5, label_of(lane.cloud), "cloud")
        return f'<g class="{css}">{frame}{name}{_text(142, lane.middle + 4.5, "holds no slot", "note")}</g>'
    state = _text(18, lane.middle + 16, "not running", "note off") if dark else ""
    name = _text(18, lane.middle + (-3 if dark else 5), label_of(lane.cloud), "cloud")
    return f'<g class="{css}">{frame}{name}{state}</g>'


def _slot(layout: Layout, slot: Slot, dark: set[Cloud]) -> str:
    x, y = layout.centre(slot)
    cloud = layout.placement[slot]
    css = f"slot {cloud}{' dark' if cloud in dark else ''}"
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    return (
        f'<g class="{css}" data-name="{slot}"><title>{slot}: {slot.label} on {label_of(cloud)}</title>'
        f'<rect x="{left:g}" y="{top:g}" width="{BOX_WIDTH:g}" height="{BOX_HEIGHT:g}" rx="9"/>'
        f"{_text(x, y - 3, slot.value, 'id')}{_text(x, y + 15, slot.label, 'note')}</g>"
    )


def drawn(topology: Topology) -> tuple[Boundary, ...]:
    """The boundaries that have a line: not those by which older tiers answer the hot reader."""
    older = (Slot.L3_COLD, Slot.L3_ARCHIVE)
    return tuple(each for each in topology.boundaries if each.source not in older or each.target is not Slot.L3_HOT)


def _link(topology: Topology, boundary: Boundary, route: Route, status: BoundaryStatus | None, dark: set[Cloud]) -> str:
    css = [boundary.locality.value]
    if status is not None and not status.running:
        css.append("planned")
    elif not dark.isdisjoint({boundary.source_cloud, boundary.target_cloud}):
        css.append("dark")
    mark = _endpoint_mark(route.corners) if _has_endpoint(topology, boundary) else ""
    path = _path(route.corners)
    return (
        f'<g class="link {" ".join(css)}" data-name="{escape(boundary.name)}">{_title(boundary)}'
        f'<path class="hit" d="{path}"/><path d="{path}"/>{_arrow(route.corners)}{mark}</g>'
    )


def _has_endpoint(topology: Topology, boundary: Boundary) -> bool:
    """Whether a link of a remote boundary ends at one of our URLs."""
    if boundary.locality is Locality.LOCAL:
        return False
    return any(
        link.delivery in (Delivery.POST, Delivery.QUERY) and topology.endpoint(link.target) is not None
        for link in topology.links
        if link.boundary == boundary.name
    )


def _title(boundary: Boundary) -> str:
    return f"<title>{escape(f'{boundary.name}: {boundary.reason}')}</title>"


def _passes(status: BoundaryStatus | None) -> TypeGuard[BoundaryStatus]:
    """Whether there is anything to write beside a link: that it is planned, its dots say."""
    return status is not None and status.known and (status.running or status.messages_in > 0)


def _tag(boundary: Boundary, route: Route, status: BoundaryStatus) -> str:
    """A link's label, above all lines."""
    name = escape(boundary.name)
    return f'<g class="tag {boundary.locality}" data-name="{name}">{_title(boundary)}{_label(route, status)}</g>'


def _label(route: Route, status: BoundaryStatus) -> str:
    """Count and median latency: around a straight line, else on a pill that sits on the line."""
    x, y = route.label
    dead = f"{count_text(status.dead_lettered)} dead" if status.dead_lettered else ""
    dead = " · ".join(filter(None, ("open" if status.open else "", dead)))
    count = count_text(status.messages_out)
    latency = "" if status.p50_ms is None else latency_text(status.p50_ms)
    if route.straight:
        below = _text(x, y + 16, latency, "label note") if latency else ""
        return _text(x, y - 7, count, "label") + below + (_text(x, y + 31, dead, "label dead") if dead else "")
    return _pill(x, y, " · ".join(part for part in (count, latency) if part), dead)


def _pill(x: float, y: float, words: str, dead: str) -> str:
    width = 6.7 * (len(words) + (len(dead) + 3 if dead else 0)) + 14
    tail = f' <tspan class="dead">· {escape(dead)}</tspan>' if dead else ""
    return (
        f'<rect class="pill" x="{x - width / 2:g}" y="{y - 9:g}" width="{width:g}" height="18" rx="9"/>'
        f'<text x="{x:g}" y="{y + 4.2:g}" class="label">{escape(words)}{tail}</text>'
    )


def _path(corners: Sequence[Point]) -> str:
    """A polyline with rounded corners."""
    first, *inner, last = corners
    bends = zip(corners, inner, corners[2:], strict=False)
    steps = "".join(_bend(before, corner, after) for before, corner, after in bends)
    return f"M{_at(first)}{steps}L{_at(last)}"


def _bend(before: Point, corner: Point, after: Point) -> str:
    return f"L{_at(_toward(corner, before))}Q{_at(corner)} {_at(_toward(corner, after))}"


def _toward(origin: Point, aim: Point) -> Point:
    """The point on an axis-parallel line from `origin` to `aim`, one corner radius away, at most half-way."""
    dx, dy = aim[0] - origin[0], aim[1] - origin[1]
    length = abs(dx) + abs(dy)
    share = min(_CORNER, length / 2) / length if length else 0.0
    return origin[0] + dx * share, origin[1] + dy * share


def _at(point: Point) -> str:
    return f"{point[0]:g} {point[1]:g}"


def _arrow(corners: Sequence[Point]) -> str:
    (x0, y0), (x, y) = corners[-2], corners[-1]
    dx, dy = _direction(x - x0), _direction(y - y0)
    tip = [(x, y), (x - 9 * dx - 5 * dy, y - 9 * dy - 5 * dx), (x - 9 * dx + 5 * dy, y - 9 * dy + 5 * dx)]
    return f'<polygon points="{_points(tip)}"/>'


def _direction(difference: float) -> int:
    return (difference > 0) - (difference < 0)


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _endpoint_mark(corners: Sequence[Point]) -> str:
    (x0, y0), (x, y) = corners[-2], corners[-1]
    return f'<circle cx="{x - 14 * _direction(x - x0):g}" cy="{y - 14 * _direction(y - y0):g}" r="4.5"/>'


def _legend(y: float) -> str:
    def entry(x: float, css: str, mark: str, words: str) -> str:
        line = f'<path d="M{x:g} {y:g}h34"/>{mark}'
        return f'<g class="link {css}">{line}{_text(x + 42, y + 4.5, words, "note")}</g>'

    ring = f'<circle cx="272" cy="{y:g}" r="4.5"/>'
    return (
        entry(18, "local", "", "same cloud")
        + entry(150, "remote", "", "crosses")
        + entry(255, "remote", ring, "crosses, over an endpoint with token")
        + entry(560, "local planned", "", "planned, not run by the emulator")
    )

"""Costs as one SVG picture: bars by layer, stacked, and the break-even map. Owns drawing; prices and writes nothing.

Plain SVG by hand: two kinds of rectangles and text do not justify a plotting library.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import msgspec

from twin2multicloud.costs.break_even import BreakEvenMap
from twin2multicloud.domain.placement import Placement, Slot

_WIDTH, _MARGIN = 1100, 28
_FONT = 'font-family="Inter, Segoe UI, system-ui, sans-serif"'
LAYERS = ("#1f4e8c", "#2f7ed8", "#12908e", "#4fb3a9", "#9bd0c8", "#e08e2b", "#b0578d", "#7a7f8a")
_REGIONS = (
    "#2f7ed8", "#e08e2b", "#2f9e5b", "#b0578d", "#12908e", "#d1495b", "#7a5cc4", "#8a9a2b", "#c77dba", "#5a6b7d",
    "#1f4e8c", "#9c5a1c", "#6bb3e0", "#f0b86e", "#7cc79a", "#dba0c4",
)  # fmt: skip
_INK, _QUIET, _LINE = "#17202b", "#5b6878", "#d5dbe3"
CROSSINGS = "crossings"


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One stacked bar: cost per slot, and of all crossings together."""

    label: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """The bar's length in USD."""
        return sum(self.parts.values())


def bar_of(label: str, by_place: Mapping[str, float]) -> Bar:
    """A bar from a breakdown: boundaries are put together."""
    slots = {slot.value: by_place.get(slot.value, 0.0) for slot in Slot}
    crossings = sum(cost for place, cost in by_place.items() if place not in slots)
    return Bar(label=label, parts={**slots, CROSSINGS: crossings})


def picture(bars: Sequence[Bar], break_even: BreakEvenMap | None = None) -> str:
    """The whole SVG document: the bars, and below them the map where there is one."""
    bars_height = 96 + 46 * len(bars)
    shapes = list(_bars(bars))
    height = bars_height
    if break_even is not None:
        shapes += _map(break_even, top=bars_height)
        height += 112 + _MAP_SIDE + max(0, 18 * len(break_even.placements) - _MAP_SIDE)
    body = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" {_FONT}>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _bars(bars: Sequence[Bar]) -> Iterator[str]:
    yield _text(_MARGIN, 34, "Cost per month by layer, USD", size=17, weight=650)
    left, width = 190, _WIDTH - 190 - 140
    longest = max((bar.total for bar in bars), default=1.0) or 1.0
    for n, (name, colour) in enumerate(zip((*(slot.value for slot in Slot), CROSSINGS), LAYERS, strict=True)):
        at = _MARGIN + n * 108
        yield f'<rect x="{at}" y="50" width="12" height="12" rx="2" fill="{colour}"/>'
        yield _text(at + 17, 60.5, name, size=12, colour=_QUIET)
    for n, bar in enumerate(bars):
        y = 84 + 46 * n
        yield _text(_MARGIN, y + 20, bar.label, size=13)
        x = float(left)
        for (name, cost), colour in zip(bar.parts.items(), LAYERS, strict=True):
            length = cost / longest * width
            if length > 0:
                title = f"<title>{escape(bar.label)}, {name}: {_usd(cost)}</title>"
                yield f'<rect x="{x:.2f}" y="{y}" width="{length:.2f}" height="30" fill="{colour}">{title}</rect>'
            x += length
        yield _text(x + 8, y + 20, _usd(bar.total), size=13, weight=650)


_MAP_SIDE = 520


def _map(break_even: BreakEvenMap, top: float) -> Iterator[str]:
    """Cells of one winner in a line are one rectangle, so that the picture stays small."""
    axes = break_even.axes
    cell = _MAP_SIDE / axes.steps
    left, upper = _MARGIN + 62, top + 62
    yield _text(_MARGIN, top + 22, "The cheapest placement over devices and message rate", size=17, weight=650)
    for y, line in enumerate(break_even.winners):
        for start, end in _runs(line):
            x0, y0 = left + start * cell, upper + (axes.steps - 1 - y) * cell
            fill = _REGIONS[line[start] % len(_REGIONS)]
            yield (
                f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{(end - start) * cell + 0.3:.2f}" '
                f'height="{cell + 0.3:.2f}" fill="{fill}" shape-rendering="crispEdges"/>'
            )
    yield from _map_axes(break_even, left, upper)
    for n, placement in enumerate(break_even.placements):
        key, base = left + _MAP_SIDE + 18, upper + 10 + 18 * n
        yield f'<rect x="{key}" y="{base - 10}" width="12" height="12" rx="2" fill="{_REGIONS[n % 16]}"/>'
        yield _text(key + 18, base, short(placement), size=11.5)


def _map_axes(break_even: BreakEvenMap, left: float, upper: float) -> Iterator[str]:
    axes = break_even.axes
    ticks = sorted({round(i * (axes.steps - 1) / 4) for i in range(5)})
    devices, rates = axes.devices(), axes.rates()
    for n in ticks:
        offset = (n + 0.5) * _MAP_SIDE / axes.steps
        yield _text(left + offset, upper + _MAP_SIDE + 16, f"{devices[n]:,}", colour=_QUIET, anchor="middle")
        yield _text(left - 6, upper + _MAP_SIDE - offset + 4, f"{rates[n]:,.3g}", colour=_QUIET, anchor="end")
    yield _text(left + _MAP_SIDE / 2, upper + _MAP_SIDE + 33, "devices", colour=_INK, anchor="middle")
    yield _text(_MARGIN, upper - 12, "messages per device and hour", colour=_INK)
    yield (f'<rect x="{left}" y="{upper}" width="{_MAP_SIDE}" height="{_MAP_SIDE}" fill="none" stroke="{_LINE}"/>')


def _runs(line: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for n in range(1, len(line) + 1):
        if n == len(line) or line[n] != line[start]:
            yield start, n
            start = n


def short(placement: Placement) -> str:
    """A placement in one line: slots that share a cloud together, in data-path order."""
    groups: list[tuple[str, list[str]]] = []
    for slot in Slot:
        cloud = placement[slot]
        if groups and groups[-1][0] == cloud:
            groups[-1][1].append(slot.value)
        else:
            groups.append((cloud, [slot.value]))
    return " · ".join(f"{cloud} {'…'.join(dict.fromkeys((slots[0], slots[-1])))}" for cloud, slots in groups)


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _text(
    x: float, y: float, text: str, *, size: float = 12, weight: int = 400, colour: str = _INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )

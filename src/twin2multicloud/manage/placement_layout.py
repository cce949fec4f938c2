"""Positions in the placement drawing: lanes, boxes and routes, in drawing units. Pure geometry, no SVG.

Columns are the slots in data-path order and rows are clouds, so each column holds one box and a vertical line in a
column meets nothing but that box. Neighbours are joined through the gap between their columns; other links run
along a channel above or below the boxes of the source's lane.
"""

from collections.abc import Iterable

import msgspec

from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.planning.clouds import known_clouds
from twin2multicloud.planning.topology import Boundary

LEFT, PITCH, RIGHT = 118.0, 146.0, 2.0
BOX_WIDTH, BOX_HEIGHT = 97.0, 46.0
WIDTH = LEFT + PITCH * len(Slot) + RIGHT
_LANE, _UNUSED_LANE, _LANE_GAP, _TOP = 90.0, 28.0, 9.0, 2.0
_CHANNELS = (9.0, 2.0)  # distance of the first and the second channel from the lane's edge
_ATTACH = 18.0  # a channel link leaves and enters beside the middle, so that two of them stay apart
_BACKWARD_LABEL = -34.0  # from the end of a link that runs back: clear of the label of the link that runs forward

Point = tuple[float, float]


class Lane(msgspec.Struct, frozen=True):
    """One cloud's row; `used` says whether any slot is there."""

    cloud: Cloud
    top: float
    height: float
    used: bool

    @property
    def bottom(self) -> float:
        """The y of its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """The y of its middle line, where boxes are centred."""
        return self.top + self.height / 2


class Route(msgspec.Struct, frozen=True):
    """The corners of a link from box to box, and where its label stands; `straight` labels go around the line.

    Labels on channels stand in the column before the target's, those of neighbours between two columns.
    """

    corners: tuple[Point, ...]
    label: Point
    straight: bool


class Layout(msgspec.Struct, frozen=True):
    """A placement, laid out."""

    lanes: tuple[Lane, ...]
    height: float
    placement: Placement

    def centre(self, slot: Slot) -> Point:
        """The middle of a slot's box."""
        column = list(Slot).index(slot)
        return LEFT + PITCH * column + PITCH / 2, self.lane(self.placement[slot]).middle

    def lane(self, cloud: Cloud) -> Lane:
        """The lane of a cloud."""
        return next(lane for lane in self.lanes if lane.cloud == cloud)

    def routes(self, boundaries: Iterable[Boundary]) -> list[tuple[Boundary, Route]]:
        """Each boundary with its route. Links that share a channel get one each."""
        taken: dict[tuple[Cloud, bool], int] = {}
        return [(boundary, self._route(boundary, taken)) for boundary in boundaries]

    def _route(self, boundary: Boundary, taken: dict[tuple[Cloud, bool], int]) -> Route:
        slots = list(Slot)
        if slots.index(boundary.target) - slots.index(boundary.source) == 1:
            return self._neighbours(boundary.source, boundary.target)
        above = self._runs_above(boundary)
        channel = taken.get((boundary.source_cloud, above), 0)
        taken[boundary.source_cloud, above] = channel + 1
        return self._along_channel(boundary.source, boundary.target, above, channel)

    def _neighbours(self, source: Slot, target: Slot) -> Route:
        (x1, y1), (x2, y2) = self.centre(source), self.centre(target)
        start, end, middle = x1 + BOX_WIDTH / 2, x2 - BOX_WIDTH / 2, (x1 + x2) / 2
        if y1 == y2:
            return Route(((start, y1), (end, y2)), (middle, y1), straight=True)
        corners = ((start, y1), (middle, y1), (middle, y2), (end, y2))
        return Route(corners, (middle, (y1 + y2) / 2), straight=False)

    def _runs_above(self, boundary: Boundary) -> bool:
        here, there = self.lane(boundary.source_cloud).top, self.lane(boundary.target_cloud).top
        if here != there:
            return there < here
        return boundary.target is Slot.L4

    def _along_channel(self, source: Slot, target: Slot, above: bool, channel: int) -> Route:
        (x1, y1), (x2, y2) = self.centre(source), self.centre(target)
        ahead = 1 if x2 > x1 else -1
        x1, x2 = x1 + ahead * _ATTACH, x2 - ahead * _ATTACH
        lane = self.lane(self.placement[source])
        inset = _CHANNELS[min(channel, len(_CHANNELS) - 1)]
        y = lane.top + inset if above else lane.bottom - inset
        side = -1 if above else 1
        same_lane = y1 == y2
        enter = y2 + (side if same_lane else -side) * BOX_HEIGHT / 2
        corners = ((x1, y1 + side * BOX_HEIGHT / 2), (x1, y), (x2, y), (x2, enter))
        return Route(corners, (x2 + (_ATTACH - PITCH if ahead > 0 else _BACKWARD_LABEL), y), straight=False)


def lay_out(placement: Placement) -> Layout:
    """The lanes of a placement from top to bottom. A cloud without a slot gets a thin one."""
    lanes, top = [], _TOP
    for cloud in known_clouds():
        used = cloud in placement.clouds
        lane = Lane(cloud=cloud, top=top, height=_LANE if used else _UNUSED_LANE, used=used)
        lanes.append(lane)
        top = lane.bottom + _LANE_GAP
    return Layout(lanes=tuple(lanes), height=top - _LANE_GAP + _TOP, placement=placement)

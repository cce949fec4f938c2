import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.domain.twin import DashboardSource
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.manage.placement_drawing import draw, drawn
from twin2multicloud.manage.placement_layout import BOX_HEIGHT, BOX_WIDTH, WIDTH, Point, lay_out
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Boundary, Topology

SVG = "{http://www.w3.org/2000/svg}"
SPREAD = Placement(
    l1=AWS,
    l2=AZURE,
    l3_hot=GCP,
    l3_cold=GCP,
    l3_archive=AWS,
    l4=AWS,
    l5=AZURE,
)
placements = st.builds(Placement.of, st.fixed_dictionaries({slot: st.sampled_from(ALL) for slot in Slot}))
topologies = st.builds(
    lambda placement, source, events: plan(twin(placement, dashboard=source, events=events)),
    placements,
    st.sampled_from(DashboardSource),
    st.booleans(),
)


def parts(svg: str, css: str) -> list[ElementTree.Element]:
    """The groups of a drawing that have a class."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return [each for each in found if css in each.get("class", "").split()]


def words(element: ElementTree.Element) -> str:
    return " ".join("".join(each.itertext()) for each in element.iter(f"{SVG}text"))


def status(boundary: Boundary, **counts: float) -> BoundaryStatus:
    return BoundaryStatus(
        name=boundary.name,
        locality=boundary.locality,
        source_cloud=boundary.source_cloud,
        target_cloud=boundary.target_cloud,
        running=bool(counts),
        **counts,
    )


def link(svg: str, boundary: str, css: str = "link") -> ElementTree.Element:
    return next(each for each in parts(svg, css) if (each.findtext(f"{SVG}title") or "").startswith(f"{boundary}:"))


class TestWhatIsDrawn:
    @given(topologies)
    def test_every_slot_and_boundary_of_any_plan(self, topology: Topology) -> None:
        svg = draw(topology)
        assert [words(each).split()[0] for each in parts(svg, "slot")] == [slot.value for slot in Slot]
        titles = [each.findtext(f"{SVG}title") for each in parts(svg, "link")]
        assert [title for title in titles if title] == [f"{each.name}: {each.reason}" for each in drawn(topology)]

    def test_remote_boundaries_are_dashed_and_end_at_an_endpoint(self) -> None:
        svg = draw(plan(twin(SPREAD)))
        assert "remote" in link(svg, "L1 → L2").get("class", "")
        assert link(svg, "L1 → L2").find(f"{SVG}circle") is not None
        assert "local" in link(svg, "L3-hot → L3-cold").get("class", "")
        assert link(svg, "L3-hot → L3-cold").find(f"{SVG}circle") is None

    def test_a_clouds_own_service_is_no_endpoint_of_ours(self) -> None:
        crossing = link(draw(plan(twin(SPREAD))), "L4 → L5")
        assert "remote" in crossing.get("class", "")
        assert crossing.find(f"{SVG}circle") is None

    def test_a_cloud_without_a_slot_says_so(self) -> None:
        unused = parts(draw(plan(twin(Placement.single(AWS)))), "unused")
        assert [words(each) for each in unused] == ["Azure holds no slot", "Google Cloud holds no slot"]

    def test_a_twins_name_cannot_break_the_drawing(self) -> None:
        svg = draw(plan(twin(SPREAD, name='<b>"house"&')))
        assert ElementTree.fromstring(svg).get("aria-label") == 'Placement of <b>"house"&'


class TestWhatPasses:
    topology = plan(twin(SPREAD))
    first = topology.boundaries[0]

    def test_count_and_latency_stand_on_the_link(self) -> None:
        passed = status(self.first, messages_in=12_400, messages_out=12_345, p50_ms=8.2)
        assert words(link(draw(self.topology, (), [passed]), "L1 → L2", "tag")) == "12.3k · 8.2 ms"

    def test_dead_letters_are_said(self) -> None:
        passed = status(self.first, messages_in=9, messages_out=7, dead_lettered=2)
        assert words(link(draw(self.topology, (), [passed]), "L1 → L2", "tag")) == "7 · 2 dead"

    def test_what_the_emulator_does_not_run_is_planned(self) -> None:
        svg = draw(self.topology, (), [status(self.first)])
        assert "planned" in link(svg, "L1 → L2").get("class", "").split()
        assert parts(svg, "tag") == [], "a word would lie over the boxes beside it; the dots say it"

    def test_nothing_is_said_where_nothing_is_known(self) -> None:
        assert parts(draw(self.topology), "tag") == []

    def test_a_dark_cloud_says_that_it_does_not_run(self) -> None:
        clouds = [CloudStatus(cloud=cloud, running=cloud != GCP) for cloud in ALL]
        svg = draw(self.topology, clouds, [status(self.first, messages_in=1, messages_out=1)])
        dark = [words(each).split()[0] for each in parts(svg, "dark") if "slot" in each.get("class", "")]
        assert words(parts(svg, "dark")[0]) == "Google Cloud not running"
        assert dark == ["L3-hot", "L3-cold"]
        assert "dark" not in link(svg, "L1 → L2").get("class", "")
        assert "dark" in link(svg, "L2 → L3-hot").get("class", "")


class TestRoutes:
    @given(topologies)
    def test_no_link_runs_through_a_box_that_is_not_its_own(self, topology: Topology) -> None:
        layout = lay_out(topology.placement)
        for boundary, route in layout.routes(drawn(topology)):
            others = [slot for slot in Slot if slot not in (boundary.source, boundary.target)]
            for start, end in pairwise(route.corners):
                assert not any(crosses(start, end, layout.centre(slot)) for slot in others), boundary.name

    @given(topologies)
    def test_links_are_made_of_level_and_upright_lines_inside_the_drawing(self, topology: Topology) -> None:
        layout = lay_out(topology.placement)
        for _, route in layout.routes(drawn(topology)):
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(route.corners))
            assert all(0 <= x <= WIDTH and 0 <= y <= layout.height for x, y in route.corners)

    @given(topologies)
    def test_labels_do_not_cover_each_other(self, topology: Topology) -> None:
        """Two pills of usual width (90 by 18) are apart; labels around straight lines stand in gaps of their own."""
        pills = [route.label for _, route in lay_out(topology.placement).routes(drawn(topology)) if not route.straight]
        for one, other in combinations(pills, 2):
            assert abs(one[0] - other[0]) >= 70 or abs(one[1] - other[1]) >= 18


def crosses(start: Point, end: Point, centre: Point) -> bool:
    """Whether an axis-parallel line touches the box around a point."""
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    x, y = centre
    return (
        left < x + BOX_WIDTH / 2
        and right > x - BOX_WIDTH / 2
        and top < y + BOX_HEIGHT / 2
        and bottom > y - BOX_HEIGHT / 2
    )

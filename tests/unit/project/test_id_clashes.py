"""Two groups share an id exactly where listing both says so."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from twin2multicloud.domain.device import DeviceGroup
from twin2multicloud.project.id_clashes import shared_id

AFFIX = st.text("01a-", max_size=4)


@st.composite
def groups(draw):
    width = draw(st.sampled_from(["", ":01", ":02", ":03", ":04"]))
    pattern = draw(AFFIX) + "{n" + width + "}" + draw(AFFIX)
    return _group(pattern, draw(st.integers(1, 130)))


def _group(pattern: str, count: int) -> DeviceGroup:
    return DeviceGroup(name="g", type="t", count=count, id_pattern=pattern)


@settings(max_examples=600, deadline=None)
@given(groups(), groups())
@example(_group("a{n}-1", 3), _group("a1-{n}", 3))
@example(_group("{n}", 130), _group("{n:03}", 99))
@example(_group("{n}", 130), _group("{n:03}", 100))
@example(_group("s{n}", 100), _group("s1{n:02}", 1))
def test_it_agrees_with_listing_the_fleets(one, other):
    both = set(one) & set(other)

    found = shared_id(one, other)

    assert (found is None) == (not both)
    assert found is None or found in both
    assert shared_id(other, one) == found or both


def test_it_lists_no_fleet():
    million = 100_000

    assert shared_id(_group("s-{n}", million), _group("s-{n:06}", million)) == "s-100000"
    assert shared_id(_group("s-{n}", million - 1), _group("s-{n:06}", million)) is None

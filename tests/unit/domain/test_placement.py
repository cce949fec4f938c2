"""Clouds, slots and placements: their spellings, and that a key names exactly one placement."""

import pytest

from tests.rigs.clouds import ALL, AWS, GCP
from twin2multicloud.domain.placement import Placement, Slot, all_placements, parse_cloud


@pytest.mark.parametrize(("word", "cloud"), [("aws", AWS), ("Google", GCP), (" gcp ", GCP)])
def test_a_cloud_is_read_with_its_alias(word, cloud):
    assert parse_cloud(word) == cloud


@pytest.mark.parametrize("word", ["", "5", "two words", "über", "a" * 17, "x"])
def test_another_word_is_no_cloud(word):
    with pytest.raises(ValueError, match="not a cloud name"):
        parse_cloud(word)


def test_l3_is_read_as_l3_hot():
    assert Slot.parse("L3") is Slot.L3_HOT
    with pytest.raises(ValueError, match="not a valid Slot"):
        Slot.parse("L6")


def test_a_placement_gives_back_what_it_was_made_of():
    for placement in all_placements(ALL):
        assert Placement.of({slot: placement[slot] for slot in Slot}) == placement


def test_a_single_placement_uses_one_cloud():
    assert [Placement.single(cloud).clouds for cloud in ALL] == [(cloud,) for cloud in ALL]
    assert Placement.single(AWS).key() == "aws-aws-aws-aws-aws-aws-aws"

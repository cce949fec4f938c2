"""Clouds, slots and placements: their spellings, and that a key names exactly one placement."""

import pytest

from twin2multicloud.domain.placement import Cloud, Placement, Slot, all_placements


@pytest.mark.parametrize(("word", "cloud"), [("aws", Cloud.AWS), ("Google", Cloud.GCP), (" gcp ", Cloud.GCP)])
def test_a_cloud_is_read_with_its_alias(word, cloud):
    assert Cloud.parse(word) is cloud


@pytest.mark.parametrize("word", ["", "amazon", "gcp2"])
def test_another_word_is_no_cloud(word):
    with pytest.raises(ValueError, match="not a valid Cloud"):
        Cloud.parse(word)


def test_l3_is_read_as_l3_hot():
    assert Slot.parse("L3") is Slot.L3_HOT
    with pytest.raises(ValueError, match="not a valid Slot"):
        Slot.parse("L6")


def test_a_placement_gives_back_what_it_was_made_of():
    for placement in all_placements():
        assert Placement.of({slot: placement[slot] for slot in Slot}) == placement


def test_a_single_placement_uses_one_cloud():
    assert [Placement.single(cloud).clouds for cloud in Cloud] == [(cloud,) for cloud in Cloud]
    assert Placement.single(Cloud.AWS).key() == "aws-aws-aws-aws-aws-aws-aws"

"""A placement written back is the placement that is read."""

import json
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rigs.clouds import ALL, AWS, AZURE, GCP

from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.placement_file import PROVIDERS_FILE, placement_of, provider_key, write_placement

CLOUDS = st.sampled_from(ALL)


@settings(max_examples=50)
@given(st.fixed_dictionaries(dict.fromkeys(Slot, CLOUDS)))
def test_a_full_file_needs_no_defaults(clouds):
    said = {provider_key(slot): cloud for slot, cloud in clouds.items()}

    assert placement_of(said) == (Placement.of(clouds), ())


def test_the_keys_are_the_slots():
    assert [provider_key(slot) for slot in Slot] == [
        "layer_1_provider",
        "layer_2_provider",
        "layer_3_hot_provider",
        "layer_3_cold_provider",
        "layer_3_archive_provider",
        "layer_4_provider",
        "layer_5_provider",
    ]


@pytest.mark.parametrize("key", ["aws-azure-gcp-gcp-aws-azure-aws", "gcp-gcp-gcp-gcp-gcp-gcp-gcp"])
def test_what_is_written_is_read(factory, key):
    placement = Placement.of(dict(zip(Slot, map(Cloud, key.split("-")), strict=True)))

    write_placement(factory, placement)
    project = load_project(factory)

    assert project.twin.placement == placement
    assert not any("is not set" in note for note in project.notes)


def test_an_editors_key_and_the_permissions_stay(factory):
    path = factory / PROVIDERS_FILE
    path.write_text(json.dumps({"$schema": "./x.json", "layer_1_provider": "aws"}))
    path.chmod(0o640)

    write_placement(factory, Placement.single(GCP))

    assert json.loads(path.read_text())["$schema"] == "./x.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not list(factory.glob(".config*"))


def test_a_broken_file_is_replaced(factory):
    (factory / PROVIDERS_FILE).write_text("{")

    write_placement(factory, Placement.single(AZURE))

    assert load_project(factory).twin.placement == Placement.single(AZURE)


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(factory):
    (factory / PROVIDERS_FILE).unlink()
    (factory / PROVIDERS_FILE).mkdir()
    before = sorted(factory.iterdir())

    with pytest.raises(OSError, match="directory"):
        write_placement(factory, Placement.single(AWS))

    assert sorted(factory.iterdir()) == before

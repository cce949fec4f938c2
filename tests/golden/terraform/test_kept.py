"""The kept configurations still hold. Where a change is meant: ``python -m tests.golden.terraform.regenerate``."""

from difflib import unified_diff

import pytest

from tests.golden.terraform.cases import KEPT, NAMES, rendered
from tests.golden.terraform.regenerate import types_in_use
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.render.render import provider_versions, renderers


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_is_as_kept(name):
    kept = (KEPT / f"{name}.tf.json").read_text(encoding="utf-8").splitlines()
    changed = "\n".join(unified_diff(kept, rendered(name).splitlines(), "kept", "rendered", lineterm=""))
    assert changed == "", f"the Terraform of {name} is not as kept:\n{changed}"


def test_no_kept_configuration_is_left_over():
    assert {path.name for path in KEPT.glob("*.tf.json")} == {f"{name}.tf.json" for name in NAMES}


def test_the_extract_is_of_the_pinned_versions():
    assert {name: each["version"] for name, each in schemas.load().items()} == provider_versions(renderers())


def test_the_extract_holds_the_types_in_use_and_no_others():
    used, kept = types_in_use(), schemas.load().values()
    assert {kind for each in kept for kind in each["resources"]} == used["resource"]
    assert {kind for each in kept for kind in each["data_sources"]} == used["data"]

"""State that is kept elsewhere: every backend of `deploy --state`, by the real Terraform over vendors' emulators."""

import pytest
from tests.golden.cases import CASES
from tests.rigs.state_backends import STATE_BACKENDS
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import prepared, terraform

from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.render import render

pytestmark = [pytest.mark.functional, pytest.mark.slow, pytest.mark.timeout(300)]
TOPOLOGY = plan(CASES["all-aws"])


@pytest.fixture(params=STATE_BACKENDS)
def state(request, tmp_path):
    engine = terraform()
    with STATE_BACKENDS[request.param](tmp_path) as found, stand_in_providers() as (_, env):
        config = render(TOPOLOGY, found.backend)
        yield lambda name: prepared(TOPOLOGY, tmp_path / name, engine, {**env, **found.env}, config)


def test_another_folder_finds_it_changes_nothing_and_destroys_all(state):
    here = state("here")
    here.workspace.init()
    planned = here.workspace.plan()
    here.workspace.apply()
    assert planned.add > 30
    assert not list(here.folder.glob("*.tfstate"))
    there = state("there")
    there.workspace.init()
    assert there.workspace.resources() == here.workspace.resources() != []
    assert there.workspace.outputs() == here.workspace.outputs() != {}
    assert there.workspace.plan(destroy=True).remove == planned.add
    there.workspace.apply()
    assert here.workspace.resources() == []

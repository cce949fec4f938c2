"""What is said beside a plan: the month's bill before and after, and what a twin costs at rest."""

import json
import shutil
from pathlib import Path

import pytest

from twin2multicloud.operations.plan_costs import cost_of
from twin2multicloud.project.loader import load_project
from twin2multicloud.terraform.rollout import chosen, deployed

EXAMPLES = Path(__file__).parents[3] / "examples"
PROJECT = {"gcp_project": "a-project"}


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "smart-home"
    shutil.copytree(EXAMPLES / "smart-home", copy, ignore=shutil.ignore_patterns(".t2mc"))
    return copy


def placed(folder, **clouds):
    path = folder / "config_providers.json"
    providers = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**dict.fromkeys(providers, clouds["everything"])}), encoding="utf-8")


def test_a_new_twin_adds_what_it_costs(folder):
    cost = cost_of(chosen(load_project(folder), PROJECT), destroy=False)
    assert cost.before == 0
    assert cost.difference == cost.after > cost.at_rest > 0
    assert "assumed; workload.json says it" in cost.workload


def test_the_projects_workload_counts(folder):
    few = cost_of(chosen(load_project(folder), PROJECT), destroy=False)
    (folder / "workload.json").write_text('{"interval_min": 0.1, "message_kb": 2}', encoding="utf-8")
    many = cost_of(chosen(load_project(folder), PROJECT), destroy=False)
    assert many.after > few.after
    assert many.workload == "8 devices, a reading each 0.1 min of 2 KB"


def test_l1_on_azure_costs_about_47_dollars_at_rest(folder):
    """An IoT Hub and the throughput unit behind it, whether a device sends or not."""
    placed(folder, everything="azure")
    cost = cost_of(chosen(load_project(folder), {}), destroy=False)
    assert 46 < cost.at_rest < 50


def test_a_moved_twin_adds_the_difference_and_a_removed_one_saves_all(folder):
    rollout = chosen(load_project(folder), PROJECT)
    rollout.remember()
    before = cost_of(rollout, destroy=False).after
    placed(folder, everything="azure")
    moved = cost_of(deployed(load_project(folder)), destroy=False)
    assert moved.before == pytest.approx(before)
    assert moved.difference == pytest.approx(moved.after - before)
    assert cost_of(deployed(load_project(folder)), destroy=True).difference == pytest.approx(-before)


def test_a_deployment_from_before_the_record_has_no_difference(folder):
    rollout = chosen(load_project(folder), PROJECT)
    rollout.remember()
    path = folder / ".t2mc" / "deployment-options.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["placed"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    cost = cost_of(deployed(load_project(folder)), destroy=False)
    assert (cost.before, cost.difference) == (None, None)

"""Readings per run, a law over what is rendered: each service's documented delivery, in simulated time."""

import msgspec
import pytest

from tests.golden.cases import CASES
from tests.rigs.clouds import AWS
from tests.rigs.deliveries import Batch, runs_by_function
from twin2multicloud.domain.batching import readings_together
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.render import render

PLACED = ["all-aws", "all-azure", "all-gcp", "three-clouds-in-turn", "processing-elsewhere", "hot-store-elsewhere"]
SIZE = 500  # bytes of a reading


def runs(case, window, per_second, seconds=20):
    topology = plan(msgspec.structs.replace(CASES[case], batch_window=window))
    readings = [Batch(number / per_second, 1) for number in range(per_second * seconds)]
    return runs_by_function(topology, render(topology), readings, SIZE)


def together(batches):
    return sum(each.readings for each in batches) / len(batches)


@pytest.mark.parametrize("case", PLACED)
def test_at_a_hundred_a_second_ten_readings_share_each_run(case):
    found = {name: together(batches) for name, batches in runs(case, window=1, per_second=100).items()}
    assert min(found.values()) >= 10, found


@pytest.mark.parametrize("case", PLACED)
@pytest.mark.parametrize("window", [0, 1, 5, 20])
@pytest.mark.parametrize("per_second", [1, 5, 10, 30, 100, 400])
def test_the_cost_model_takes_no_more_than_the_services_give(case, window, per_second):
    estimate = readings_together(per_second, window)
    for name, batches in runs(case, window, per_second).items():
        assert together(batches) >= 0.9 * estimate, name  # the ends of the simulated time are not full


@pytest.mark.parametrize("case", PLACED)
@pytest.mark.parametrize("window", [0, 1, 5])
def test_no_reading_is_lost_or_waits_longer_than_the_window_at_each_hop(case, window):
    found = runs(case, window, per_second=50)
    assert {sum(each.readings for each in batches) for batches in found.values()} == {50 * 20}
    hops = len(found)
    assert max(batches[-1].at for batches in found.values()) <= 20 + hops * window


def test_without_a_window_nothing_waits_on_aws():
    found = render(plan(msgspec.structs.replace(CASES["all-aws"], batch_window=0)))["resource"]
    for mapping in found["aws_lambda_event_source_mapping"].values():
        assert (mapping["batch_size"], mapping["maximum_batching_window_in_seconds"]) == (10, 0)


def test_a_queue_hides_a_batch_for_the_window_too():
    topology = plan(msgspec.structs.replace(CASES["all-aws"], batch_window=7))
    assert topology.placement.l1 == AWS
    resources = render(topology)["resource"]
    hidden = resources["aws_sqs_queue"]["dispatcher"]["visibility_timeout_seconds"]
    assert hidden == 6 * resources["aws_lambda_function"]["dispatcher"]["timeout"] + 7

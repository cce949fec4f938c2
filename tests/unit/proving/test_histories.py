"""Histories of real functions, queues and stores: they hold, they repeat, a planted fault is found and made small."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.rigs.examples import ROOT
from twin2multicloud.emulator.delivery.group_commit import Group
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.proving.certificate import failure_of, prove
from twin2multicloud.proving.processes import prove_processes
from twin2multicloud.proving.proof import prove_seed, shrink
from twin2multicloud.proving.report import report_lines
from twin2multicloud.proving.simulated_machine import SimulatedMachine
from twin2multicloud.proving.steps import Hostile, Publish

EXAMPLES = ROOT / "examples"
SMART_HOME = EXAMPLES / "smart-home"
MINUTES = 4


class AcknowledgesEarly(SimulatedMachine):
    """The planted fault: whoever waits for a commit is told before it is on the disk."""

    def committing(self, group: Group) -> None:
        group.finish(None)
        super().committing(group)


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(SMART_HOME)


def project_where_topics_are_ignored(folder: Path) -> Project:
    copy = shutil.copytree(SMART_HOME, folder / "home", ignore=shutil.ignore_patterns(".t2mc"))
    devices = copy / "config_iot_devices.json"
    content = msgspec.json.decode(devices.read_bytes())
    for each in content["types"].values():
        each["ignored_topics"] = ["debug/{device}/#"]
    devices.write_bytes(msgspec.json.encode(content))
    return load_project(copy)


@pytest.mark.parametrize("example", ["smart-home", "factory", "single-cloud"])
def test_histories_of_examples_hold(example: str) -> None:
    certificate = prove(EXAMPLES / example, range(1, 4), minutes=MINUTES, jobs=1)
    assert certificate.failure is None, "\n".join(report_lines(certificate, example))
    assert certificate.figures["load: readings sent"] > 50
    assert certificate.figures["found: readings stored"] > 50
    assert certificate.figures["fault: kills"] > 0


def test_what_a_project_does_not_read_is_dropped_and_counted(tmp_path: Path) -> None:
    config = project_where_topics_are_ignored(tmp_path)
    outcomes = [prove_seed(config, seed, minutes=2 * MINUTES) for seed in range(1, 5)]
    assert [each.findings for each in outcomes] == [[], [], [], []]
    assert sum(each.counts["found: publishes to topics that are not read"] for each in outcomes) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_histories_hold() -> None:
    certificate = prove(SMART_HOME, range(1, 101), minutes=10)
    assert certificate.failure is None, "\n".join(report_lines(certificate, "examples/smart-home"))
    assert certificate.seeds == 100


@pytest.mark.slow
@pytest.mark.functional
@pytest.mark.parametrize("seed", range(1, 11))
def test_processes_hold(seed: int, project: Project) -> None:
    outcome = prove_processes(project, seed, minutes=0.25)
    assert outcome.holds, "\n".join([*outcome.lines, *(finding.sentence for finding in outcome.findings)])
    assert outcome.counts["found: readings stored"] > 500


def test_a_seed_gives_the_same_history_in_every_process(project: Project) -> None:
    here = prove_seed(project, 8, minutes=2)
    program = (
        "from twin2multicloud.project.loader import load_project; from twin2multicloud.proving.proof import prove_seed;"
        f"print(prove_seed(load_project({str(SMART_HOME)!r}), 8, minutes=2).digest)"
    )
    for hashes in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hashes}
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == here.digest
    assert prove_seed(project, 9, minutes=2).digest != here.digest


def test_an_acknowledgement_before_the_commit_is_found_and_its_history_made_small(project: Project) -> None:
    for seed in range(1, 21):
        outcome = prove_seed(project, seed, minutes=MINUTES, make_machine=AcknowledgesEarly)
        if any(finding.kind == "lost" for finding in outcome.findings):
            break
    else:
        pytest.fail("the planted fault was not found within 20 seeds")
    smallest = shrink(project, outcome, minutes=MINUTES, make_machine=AcknowledgesEarly)
    assert len(smallest.steps) <= 4
    assert any(isinstance(step, Publish | Hostile) for step in smallest.steps)
    numbers = [step.number for step in smallest.steps]
    again = prove_seed(project, seed, minutes=MINUTES, only=numbers, make_machine=AcknowledgesEarly)
    assert again == smallest
    assert prove_seed(project, seed, minutes=MINUTES, only=numbers).holds, "without the fault it holds"
    certificate = msgspec.structs.replace(
        prove(SMART_HOME, [seed], minutes=MINUTES, only=numbers), failure=failure_of(smallest)
    )
    lines = list(report_lines(certificate, "my-home"))
    assert f"again: t2mc prove my-home --seed {seed} --minutes {MINUTES} --only {','.join(map(str, numbers))}" in lines
    assert any("wrong: " in line for line in lines)
    assert any("was acknowledged, and is lost" in finding.sentence for finding in outcome.findings)


def test_no_file_of_the_project_is_touched(project: Project) -> None:
    before = sorted(path for path in SMART_HOME.rglob("*"))
    prove_seed(project, 1, minutes=1)
    assert sorted(path for path in SMART_HOME.rglob("*")) == before

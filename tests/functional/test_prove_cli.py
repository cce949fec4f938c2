"""`t2mc prove` as it is typed: the report, its exit codes, and what it leaves behind (nothing)."""

import json

import pytest
from tests.rigs.command_line import t2mc
from tests.rigs.examples import ROOT

pytestmark = pytest.mark.functional
SMART_HOME = str(ROOT / "examples" / "smart-home")


def test_the_report_of_histories_that_hold_can_be_published_and_is_the_same_again() -> None:
    runs = [t2mc("prove", SMART_HOME, "--seeds", 2, "--minutes", 2, "--jobs", jobs) for jobs in (1, 2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stdout + runs[0].stderr
    assert runs[0].stdout == runs[1].stdout
    lines = runs[0].stdout.splitlines()
    assert lines[0].startswith("project    smart-home: L1 aws, L2 azure, L3-hot gcp")
    assert lines[1].startswith("versions   twin2multicloud 0.1.0, Python ")
    assert lines[2] == "mode       one process, virtual clock; 2 minutes of load a seed"
    assert lines[3].startswith("seeds      1 to 2: ")
    assert lines[-1].startswith("holds: ")


def test_one_seed_as_json_and_some_of_its_steps() -> None:
    run = t2mc("prove", SMART_HOME, "--seed", 3, "--only", "1,2,3", "--minutes", 2, "--json")
    assert run.returncode == 0, run.stderr
    certificate = json.loads(run.stdout)
    assert (certificate["first_seed"], certificate["seeds"], certificate["failure"]) == (3, 1, None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--only", "1,2"), "give its --seed"),
        (("--seed", "1", "--only", "one"), "--only must be numbers of steps, as 3,17,20, found 'one'"),
        (("--seed", "1", "--only", "1", "--processes"), "on the virtual clock"),
    ],
)
def test_options_that_say_nothing_are_refused(arguments: tuple[str, ...], sentence: str) -> None:
    run = t2mc("prove", SMART_HOME, *arguments)
    assert run.returncode == 2
    assert sentence in " ".join(run.stderr.split())

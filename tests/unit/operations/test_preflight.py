"""What `t2mc preflight` says, over accounts without a cloud; what it prints, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import write_project
from tests.rigs.terraform_workspace import clean_environment
from twin2multicloud.domain.errors import ConfigurationError, RetryableError
from twin2multicloud.domain.placement import Placement
from twin2multicloud.operations.preflight import Looked, preflight
from twin2multicloud.ports.cloud_account import Needs, Obstacle
from twin2multicloud.project.loader import load_project
from twin2multicloud.terraform.rollout import Rollout, chosen

WHERE = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=GCP, l3_archive=GCP, l4=AWS, l5=AWS)


class Account:
    """A `CloudAccount` that lacks and meets what it is told."""

    def __init__(self, lacks: Any = (), meets: Any = ()) -> None:
        self.lacks, self.meets = lacks, meets

    def identity(self) -> str:
        return "the test's account"

    def missing(self, permissions: Any) -> Any:
        if isinstance(self.lacks, Exception):
            raise self.lacks
        return [each for each in permissions if each in self.lacks]

    def obstacles(self, needs: Needs, *, is_new: bool) -> Any:
        assert is_new
        yield from self.meets if not isinstance(self.meets, Exception) else ()
        if isinstance(self.meets, Exception):
            raise self.meets


@pytest.fixture
def rollout(tmp_path: Path) -> Rollout:
    return chosen(load_project(write_project(tmp_path / "project", WHERE)), {"gcp_project": "a-project"})


def problems(rollout: Rollout, account: Account) -> list[Looked]:
    """Of AWS; the other two are well."""
    seen = list(preflight(rollout, lambda cloud: account if cloud == AWS else Account()))
    assert [each.cloud for each in seen if each.what == "the test's account"] == [AWS, AZURE, GCP]
    assert not [each for each in seen if each.problem and each.cloud != AWS]
    return [each for each in seen if each.problem]


def test_all_is_well(rollout: Rollout) -> None:
    assert problems(rollout, Account()) == []


def test_what_is_missing_is_named_with_what_gives_it(rollout: Rollout) -> None:
    (found,) = problems(rollout, Account(lacks=("sqs:CreateQueue", "iam:PassRole", "sqs:DeleteQueue")))
    assert found.problem.endswith("are missing: iam:PassRole; sqs:CreateQueue, sqs:DeleteQueue")
    assert f"--emit-policy --cloud {AWS}" in found.remedy
    assert found.certain


def test_what_cannot_be_seen_does_not_stop_the_rest(rollout: Rollout) -> None:
    account = Account(lacks=ConfigurationError("not for you"), meets=RetryableError("later"))
    found = problems(rollout, account)
    assert [(each.problem, each.certain) for each in found] == [
        ("could not be seen: not for you", False),
        ("could not all be seen: later", False),
    ]


def test_obstacles_come_with_their_remedy(rollout: Rollout) -> None:
    (found,) = problems(rollout, Account(meets=[Obstacle("it is off", "switch it on")]))
    assert (found.problem, found.remedy) == ("it is off", "switch it on")


def test_a_cloud_that_nobody_is_signed_in_to_is_one_finding(rollout: Rollout) -> None:
    def opened(cloud: Any) -> Account:
        if cloud == AWS:
            raise ConfigurationError("no credentials")
        return Account()

    found = [each for each in preflight(rollout, opened) if each.problem]
    assert [(each.cloud, each.what, each.problem) for each in found] == [(AWS, "sign-in", "no credentials")]


def test_policies_are_printed_without_an_account(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", WHERE)
    given = ("preflight", folder, "--var", "gcp_project=a-project", "--emit-policy")
    env = clean_environment({})
    done = t2mc(*given, env=env)
    assert (done.returncode, set(json.loads(done.stdout))) == (0, {"aws", "azure", "gcp"})
    done = t2mc(*given, "--cloud", "azure", env=env)
    assert json.loads(done.stdout)["IsCustom"] is True
    done = t2mc(*given, "--cloud", "mars", env=env)
    assert (done.returncode, "cloud 'mars' is unknown" in done.stderr) == (2, True)
    done = t2mc("preflight", folder, "--var", "gcp_project=a-project", "--cloud", "aws", env=env)
    assert (done.returncode, "--cloud goes with --emit-policy" in done.stderr) == (2, True)


def test_of_a_cloud_that_is_not_used_there_is_no_policy(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", Placement.single(AWS))
    done = t2mc("preflight", folder, "--emit-policy", "--cloud", "gcp", env=clean_environment({}))
    assert (done.returncode, "nothing is deployed to Google Cloud; expected one of aws" in done.stderr) == (2, True)

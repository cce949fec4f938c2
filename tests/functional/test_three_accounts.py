"""The guide docs/three_accounts.md, line by line: ours run over stand-ins, those of the vendors are held against forms.

What asks a real account (looking before a deployment, registering, verifying) is parsed and not run.
"""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.rigs import command_line
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_processes import moto_account

from twin2multicloud.cli.commands import load
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project

pytestmark = [pytest.mark.functional, pytest.mark.timeout(400)]

PAGE = (Path(__file__).parents[2] / "docs" / "three_accounts.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
ASKS_AN_ACCOUNT = ("preflight my-twin --var gcp_project=my-project", "devices register", "verify")
POLICY_CHARACTERS = 6_144
"""Of a managed policy, white space not counted (docs.aws.amazon.com IAM/latest/UserGuide/reference_iam-quotas)."""

FORMS = {
    # docs.aws.amazon.com cli/latest/reference/iam
    "aws iam create-policy": {"--policy-name", "--policy-document"},
    "aws iam create-user": {"--user-name"},
    "aws iam attach-user-policy": {"--user-name", "--policy-arn"},
    "aws iam create-access-key": {"--user-name"},
    # learn.microsoft.com cli/azure
    "az login": set(),
    "az role definition create": {"--role-definition"},
    "az ad sp create-for-rbac": {"--name", "--role", "--scopes"},
    # cloud.google.com sdk/gcloud/reference
    "gcloud auth application-default login": set(),
    "gcloud projects create": set(),
    "gcloud billing projects link": {"--billing-account"},
    "gcloud services enable": {"--project"},
    "gcloud beta services identity create": {"--service", "--project"},
    "gcloud iam roles create": {"--project", "--file"},
    "gcloud projects add-iam-policy-binding": {"--member", "--role"},
}
"""The vendors' commands, with the options that each of them has to have here."""


def test_every_line_runs_over_stand_ins(tmp_path, monkeypatch):
    terraform()  # or skip
    monkeypatch.chdir(tmp_path)
    ran = []
    with stand_in_providers() as (fleet, env):
        whole = clean_environment(env | moto_account())
        for line in LINES:
            assert line.startswith("$ "), line
            words = shlex.split(line[2:])
            ran.append(" ".join(words[:2]))
            if words[0] != "t2mc":
                hold_against_its_form(words)
            else:
                run(words[1:], whole)
                if words[1] == "deploy" and "--yes" in words:
                    assert all(each.made for name, each in fleet.items() if name in ("aws", "azurerm", "google"))
        assert not any(each.made for each in fleet.values()), "the last line removes everything"
    assert {"t2mc init", "t2mc deploy", "t2mc destroy", "aws iam", "az role", "gcloud iam"} <= set(ran)


def run(words, env):
    """Run one of our lines as a shell would, what it prints into the file that it names."""
    words, into = (words[:-2], words[-1]) if ">" in words else (words, None)
    if into is None and any(f"{' '.join(words)} ".startswith(f"{each} ") for each in ASKS_AN_ACCOUNT):
        assert load(words[0]) is not None
        return
    if words[0] == "package":  # whose wheels come from an index
        write_bundles(plan(load_project(Path("my-twin")).twin), Path("my-twin") / ".t2mc" / "bundles")
        return
    done = command_line.t2mc(*words, env=env, columns=200)
    assert done.returncode == 0, (words, done.stderr)
    if into is not None:
        Path(into).write_text(done.stdout, encoding="utf-8")
        hold_policy(into)


def hold_policy(file):
    """What is emitted is what the vendor's command takes: its shape, and its size where that is limited."""
    found = json.loads(Path(file).read_text(encoding="utf-8"))
    if file.startswith("aws"):
        assert found["Version"] == "2012-10-17"
        assert len(re.sub(r"\s", "", json.dumps(found))) <= POLICY_CHARACTERS
    elif file.startswith("azure"):
        assert found["AssignableScopes"] == ["/subscriptions/SUBSCRIPTION_ID"]
        assert "Microsoft.Authorization/roleAssignments/write" in found["Actions"]
        assert f'--role "{found["Name"]}"' in PAGE, "the role that is assigned is the one that was made"
    else:
        assert found["includedPermissions"]


def hold_against_its_form(words):
    """A vendor's command is one that is documented, has the options it needs, and reads files that are there."""
    line = " ".join(words)
    command = max((each for each in FORMS if line.startswith(each)), key=len, default=None)
    assert command is not None, f"nothing documents {line}"
    options = {each.partition("=")[0] for each in words if each.startswith("--")}
    assert options == FORMS[command], line
    for word in words:
        if word.startswith(("file://", "@")):
            assert Path(word.removeprefix("file://").removeprefix("@")).is_file(), word
        if word.endswith(".json") and "/" not in word and not word.startswith("@"):
            assert Path(word).is_file(), word

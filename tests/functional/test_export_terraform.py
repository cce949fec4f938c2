"""t2mc export terraform: a folder that the engine takes alone, with no t2mc and no Python on the PATH."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import AWS, AZURE, GCP, write_project
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles

from twin2multicloud.domain.placement import Placement
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]
THREE = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=GCP, l3_archive=GCP, l4=AWS, l5=AWS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "project", THREE)
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    return folder


def exported(project: Path, target: Path, *more: object) -> Any:
    return t2mc("export", "terraform", project, target, "--var", "gcp_project=a-project", *more)


def files(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_the_engine_takes_it_alone_from_anywhere(project: Path, tmp_path: Path) -> None:
    (engine,) = terraform()
    done = exported(project, tmp_path / "made", "--var", "log_retention_days=90")
    assert done.returncode == 0, done.stderr
    alone = shutil.move(tmp_path / "made", tmp_path / "elsewhere")
    shutil.rmtree(project)
    with stand_in_providers() as (fleet, env):
        kept = {name: value for name, value in clean_environment(env).items() if not name.startswith("PYTHON")}
        kept |= {"PATH": str(tmp_path / "nothing"), "TF_IN_AUTOMATION": "1"}

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([engine, *arguments], cwd=alone, env=kept, capture_output=True, text=True)

        for arguments in (["init", "-input=false"], ["validate"]):
            ran = run(*arguments)
            assert ran.returncode == 0, ran.stdout + ran.stderr
        ran = run("plan", "-input=false", "-detailed-exitcode", "-out=plan.tfplan")
        assert ran.returncode == 2, ran.stdout + ran.stderr
        ran = run("apply", "-input=false", "plan.tfplan")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        groups = {each["retention_in_days"] for each in fleet["aws"].of("aws_cloudwatch_log_group")}
        assert groups == {90}, "what was chosen is in the folder"
        assert run("plan", "-input=false", "-detailed-exitcode").returncode == 0


def test_what_is_written_is_the_same_again_and_names_no_place_of_this_machine(project: Path, tmp_path: Path) -> None:
    assert exported(project, tmp_path / "one").returncode == 0
    (tmp_path / "one" / "bundles" / "aws" / "of-old.zip").write_bytes(b"")
    (tmp_path / "one" / "mine.md").write_text("kept", encoding="utf-8")
    assert exported(project, tmp_path / "one").returncode == 0
    assert exported(project, tmp_path / "two").returncode == 0
    found = files(tmp_path / "one")
    assert found.pop("mine.md") == b"kept"
    assert found == files(tmp_path / "two")
    assert [name for name, content in found.items() if str(tmp_path).encode() in content] == []
    assert json.loads(found["terraform.tfvars.json"]) == {"gcp_project": "a-project"}
    readme = found["README.md"].decode()
    assert "terraform init" in readme
    assert "aws iot attach-policy" in readme
    assert "./publish.sh" in readme


def test_code_is_published_where_it_does_not_come_with_terraform(project: Path, tmp_path: Path) -> None:
    assert exported(project, tmp_path / "made").returncode == 0
    functions = sorted(path.stem for path in (tmp_path / "made" / "bundles" / "azure").glob("*.zip"))
    apps = json.dumps({name: f"/apps/{name}" for name in functions})
    program(tmp_path / "bin", "terraform", f"echo '{apps}'")
    program(tmp_path / "bin", "az", f'echo "$@" >> {tmp_path}/asked')
    script = tmp_path / "made" / "publish.sh"
    assert script.stat().st_mode & stat.S_IXUSR
    env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run([script], env=env, cwd="/", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    start = "functionapp deployment source config-zip --ids"
    assert sorted(asked) == [
        f"{start} /apps/{name} --src bundles/azure/{name}.zip --build-remote false" for name in functions
    ]


def test_where_all_code_comes_with_terraform_there_is_nothing_to_publish(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", Placement.single(AWS))
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    assert t2mc("export", "terraform", folder, tmp_path / "made").returncode == 0
    assert not (tmp_path / "made" / "publish.sh").exists()


def test_what_cannot_be_exported_is_refused_in_one_sentence(project: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine", encoding="utf-8")
    done = exported(project, tmp_path / "full")
    assert (done.returncode, "holds no export of t2mc" in done.stderr) == (2, True)
    assert list(files(tmp_path / "full")) == ["letter.txt"]
    done = t2mc("export", "terraform", project, tmp_path / "made")
    assert (done.returncode, "--var gcp_project=… is missing" in done.stderr) == (2, True)
    shutil.rmtree(project / ".t2mc" / "bundles" / "azure")
    done = exported(project, tmp_path / "made")
    assert (done.returncode, "run `t2mc package" in " ".join(done.stderr.split())) == (2, True), done.stderr
    assert not (tmp_path / "made").exists()


def test_of_a_deployed_twin_it_says_where_the_state_is(project: Path, tmp_path: Path) -> None:
    state = project / ".t2mc" / "terraform" / "terraform.tfstate"
    state.parent.mkdir(parents=True)
    state.write_text("{}", encoding="utf-8")
    done = exported(project, tmp_path / "made")
    assert (done.returncode, f"its state is {state}" in " ".join(done.stderr.split())) == (0, True), done.stderr
    assert "terraform.tfstate" not in files(tmp_path / "made")


def test_models_and_twins_are_beside_it_where_the_twin_service_holds_its_own(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", Placement.single(AZURE))
    write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
    done = exported(folder, tmp_path / "made")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "made" / "twin.json").read_bytes()).keys() == {"models", "twins", "relationships"}
    assert "`azure_twin_service`" in (tmp_path / "made" / "README.md").read_text(encoding="utf-8")

"""The public Python API: a frozen list, imported lazily, typed, with examples that hold and extras that are named."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

import twin2multicloud
from tests.rigs.clouds import AWS
from tests.rigs.examples import PAGE, ROOT, docstring_examples, page_examples, run
from tests.rigs.twins import twin
from twin2multicloud import Deployment, Emulation, TwinError, load_project
from twin2multicloud.domain.placement import Placement

PUBLIC = [
    "load_project", "plan", "optimize", "Workload", "PriceBook", "render", "package", "Emulation", "Deployment",
    "TwinError",
]  # fmt: skip
STARTS_SOMETHING = {"Emulation", "Deployment"}  # their examples are functional tests

HIDING = """
import sys
class Without:
    def __init__(self, finder): self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, path, target)
    def __getattr__(self, name): return getattr(self.finder, name)
HIDDEN = set(sys.argv.pop(1).split(","))
sys.meta_path = [Without(each) for each in sys.meta_path]
"""


def python(code: str, *arguments: str, hidden: str = "") -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own that has no module of some names."""
    command = [sys.executable, "-c", HIDING + code, hidden, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, stdin=subprocess.DEVNULL)


def test_the_list_is_frozen() -> None:
    assert twin2multicloud.__all__ == PUBLIC
    assert dir(twin2multicloud) == sorted([*PUBLIC, "__version__"])
    for name in PUBLIC:
        assert name in PAGE.read_text(encoding="utf-8")
    with pytest.raises(AttributeError, match="no attribute 'emulator_of'"):
        _ = twin2multicloud.emulator_of


def test_the_package_imports_nothing_before_a_name_is_used() -> None:
    seen = "import twin2multicloud, json; print(json.dumps([*sys.modules]))"
    modules = json.loads(python(seen).stdout)
    assert [each for each in modules if each.startswith("twin2multicloud.") or each == "msgspec"] == []


def test_the_core_needs_msgspec_alone() -> None:
    """Also the classes that start something can be imported: what is missing is said where they are used."""
    everything = "typer,rich,uvicorn,httptools,uvloop,isal,paho,nicegui,pyarrow,boto3,botocore,google,azure"
    code = (
        "from twin2multicloud import *; project = load_project('examples/smart-home'); topology = plan(project.twin)\n"
        "month = Workload(devices=8, interval_min=1, message_kb=1, hot_months=1, cool_months=1, archive_months=1)\n"
        "print(len(render(topology)), len(package(project)), optimize(month, PriceBook.shipped()).total > 0)"
    )
    done = python(code, hidden=everything)
    assert done.stderr == ""
    assert done.stdout.split()[1:] == ["22", "True"]


@pytest.mark.parametrize(
    ("hidden", "extra", "code"),
    [
        ("typer", "cli", "from twin2multicloud.cli.__main__ import main; sys.argv[1:] = ['--version']; main()"),
        ("paho", "local", "from twin2multicloud.cli.__main__ import main; sys.argv[1:] = ['simulate', '-h']; main()"),
        ("paho", "local", "from twin2multicloud import Emulation; Emulation('examples/smart-home').__enter__()"),
        ("uvicorn", "local", "from twin2multicloud import Emulation; Emulation('examples/smart-home').__enter__()"),
    ],
)
def test_what_is_missing_is_said_with_its_extra(hidden: str, extra: str, code: str) -> None:
    done = python(code, hidden=hidden)
    assert done.returncode != 0
    sentence = f"{hidden} is not installed: pip install 'twin2multicloud[{extra}]'"
    assert done.stderr.splitlines()[-1].endswith(sentence)


def test_the_extras_hold_what_they_promise() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [each.partition(">")[0] for each in project["dependencies"]] == ["msgspec"]
    extras = project["optional-dependencies"]
    assert {"cli", "local", "manage", "aws", "azure", "gcp", "parquet", "all"} <= extras.keys()
    assert extras["all"] == ["twin2multicloud[cli,local,manage,aws,azure,gcp]"]


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in STARTS_SOMETHING])
def test_examples_in_docstrings_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for example in docstring_examples(name):
        run(example)


def test_every_public_name_has_an_example() -> None:
    assert [name for name in PUBLIC if not docstring_examples(name)] == ["TwinError"]


def test_the_pages_examples_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run(page_examples("Plan, optimize, render, package"))


def test_type_checkers_see_the_names(tmp_path: Path) -> None:
    use = tmp_path / "use.py"
    use.write_text(
        "from twin2multicloud import Emulation, plan, load_project\n"
        "reveal_type(plan(load_project('x').twin).twin)\n"
        "with Emulation('x') as running:\n    reveal_type(running.publish('d', {'n': 1}))\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--follow-imports=silent", use]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=110)
    assert 'Revealed type is "str"' in done.stdout.replace("builtins.", ""), done.stdout
    assert 'Revealed type is "int"' in done.stdout.replace("builtins.", ""), done.stdout


class TestEmulation:
    def test_a_bare_twin_has_no_processors(self) -> None:
        factory = load_project(ROOT / "examples" / "factory")
        with pytest.raises(TwinError, match=r"names processors \(calibrate\), but a bare twin has none"):
            Emulation(factory.twin)

    def test_says_that_it_does_not_run(self) -> None:
        with pytest.raises(TwinError, match="is not running: use `with Emulation"):
            Emulation(twin(Placement.single(AWS))).status()


class TestDeployment:
    def test_wants_its_bundles_first(self, tmp_path: Path) -> None:
        project = msgspec.structs.replace(load_project(ROOT / "examples" / "smart-home"), folder=tmp_path)
        with pytest.raises(TwinError, match=r"dispatcher\.zip is missing; run `t2mc package"):
            Deployment(project, variables={"gcp_project": "x"}).plan()

    def test_knows_when_nothing_is_deployed(self, tmp_path: Path) -> None:
        project = msgspec.structs.replace(load_project(ROOT / "examples" / "smart-home"), folder=tmp_path)
        with pytest.raises(TwinError, match="nothing is deployed from"):
            Deployment(project).destroy(consent=lambda _: True)

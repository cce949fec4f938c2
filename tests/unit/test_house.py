"""The house rules that no linter knows, held against the repository's own files. Reads them; runs nothing."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.core import TyperGroup

from twin2multicloud.cli.commands import load

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "twin2multicloud"
MODULES = sorted(PACKAGE.rglob("*.py"))
CODE = [path for folder in ("src", "tests", "benchmarks", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/README.md")])
EXTRAS = ["cli", "local", "manage"]  # what `make demo` installs
RUN, DEV = ROOT / "requirements" / "run.txt", ROOT / "requirements" / "dev.txt"


def named(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


class TestCode:
    def test_every_module_says_what_it_owns(self) -> None:
        assert len(MODULES) > 50, "the package was not found"
        assert named([path for path in MODULES if not ast.get_docstring(parsed(path))]) == []

    def test_files_stay_short(self) -> None:
        """About 350 lines is the rule; 400 is where it stops being about."""
        assert named([path for path in CODE if len(path.read_text(encoding="utf-8").splitlines()) > 400]) == []

    def test_functions_stay_short(self) -> None:
        """About 40 lines is the rule; 60 is where it stops being about."""
        assert [name for path in MODULES for name, lines in function_lengths(path) if lines > 60] == []

    def test_no_file_is_named_after_nothing(self) -> None:
        nothing = {"utils", "util", "common", "helpers", "helper", "misc"}
        assert named([path for path in CODE if nothing & {path.stem, path.parent.name}]) == []

    def test_the_three_clouds_have_the_same_files(self) -> None:
        files = {
            cloud: {
                path.relative_to(PACKAGE / "clouds" / cloud).as_posix() for path in MODULES if path.parts[-2] == cloud
            }
            for cloud in ("aws", "azure", "gcp")
        }
        assert "entrypoint.py" in files["aws"]
        # Google has no device service: what IoT Core and IoT Hub do as services is our own code there.
        # Nor has it a twin service, and ours calls the readers: no other function calls one natively.
        services = {"device_authenticator.py", "device_ingress.py", "native_calls.py"}
        publishing = {"twin_graph.py"}  # Azure Digital Twins is written to; the others read
        twins = {"twin_publisher.py"}  # two have a twin service, which holds models of its own
        services |= {"service_opener.py"}  # elsewhere no organisation forbids how a deployment opens endpoints
        assert files["aws"] == files["azure"] - publishing == (files["gcp"] - services) | twins
        assert not twins & files["gcp"]
        assert services < files["gcp"]


NAMES = {"aws", "azure", "gcp", "google", "AWS", "AZURE", "GCP"}
OWN = re.compile(r"(^|/)(on_)?(aws|azure|gcp)([/_.])")
"""Where a cloud's own code is: its folders and files bear its name."""

MAY_NAME = {
    "domain/placement.py": "the alias: google is read as gcp",
    "project/documents.py": "the alias again, for the schema",
    "costs/paper.py": "the published model, which compares AWS and Azure",
    "costs/paper_choice.py": "the same",
    "operations/twin_models.py": "formats of twin services, by the clouds that have them",
    "cli/cost_tables.py": "the same model's table",
    "dashboards/infinity.py": "what Infinity calls signing with SigV4",
}


def clouds_named(path: Path) -> set[str]:
    tree = parsed(path)
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return (words | names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}) & NAMES


def test_outside_its_own_folders_no_code_names_a_cloud() -> None:
    shared = [path for path in MODULES if not OWN.search(path.relative_to(PACKAGE).as_posix())]
    found = {path.relative_to(PACKAGE).as_posix() for path in shared if clouds_named(path)}
    assert found == set(MAY_NAME)


def function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def pins(path: Path) -> dict[str, tuple[str, int]]:
    """Name -> (version, number of hashes) of a lock file."""
    found: dict[str, tuple[str, int]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"(?P<name>[a-z0-9.-]+)==(?P<version>[^\s;]+)", line):
            name = pin["name"]
            found[name] = (pin["version"], 0)
        elif line.strip().startswith("--hash=sha256:"):
            version, hashes = found[name]
            found[name] = (version, hashes + 1)
        else:
            assert not line or line.lstrip().startswith("#"), f"neither a pin nor a hash: {line!r}"
    return found


class TestLock:
    @pytest.mark.parametrize("path", [RUN, DEV], ids=lambda path: path.name)
    def test_every_pin_has_its_hashes(self, path: Path) -> None:
        found = pins(path)
        assert len(found) > 20
        assert [name for name, (_, hashes) in found.items() if hashes == 0] == []

    @pytest.mark.parametrize("path", [RUN, DEV], ids=lambda path: path.name)
    def test_names_no_place_to_fetch_from(self, path: Path) -> None:
        assert "://" not in path.read_text(encoding="utf-8")

    def test_tools_are_added_to_what_runs_not_put_in_its_place(self) -> None:
        assert pins(RUN).items() <= pins(DEV).items()

    @pytest.mark.parametrize(
        ("path", "groups", "extras"),
        [(RUN, ["build"], EXTRAS), (DEV, ["build", "dev"], [*EXTRAS, "aws", "azure", "gcp"])],
        ids=["run", "dev"],
    )
    def test_pins_what_the_project_asks_for(self, path: Path, groups: list[str], extras: list[str]) -> None:
        """`make lock` was run since a dependency last changed."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        asked = [
            *project["project"]["dependencies"],
            *(each for extra in extras for each in project["project"]["optional-dependencies"][extra]),
            *(each for group in groups for each in project["dependency-groups"][group]),
        ]
        found = {name: version for name, (version, _) in pins(path).items()}
        for requirement in map(Requirement, asked):
            if requirement.name == project["project"]["name"]:
                continue  # an extra that holds another
            version = found.get(canonicalize_name(requirement.name), "0")
            assert requirement.specifier.contains(version), f"{requirement}: pinned {version}; run `make lock`"


def command_lines() -> Iterator[str]:
    """What documents say to type after ``t2mc``."""
    typed = re.compile(r"^[ \t]*(?:\$ )?t2mc ([a-z]\S*.*?)(?:\s+#.*)?$", re.MULTILINE)
    for path in DOCUMENTS:
        yield from typed.findall(path.read_text(encoding="utf-8").replace("\\\n", " "))


class TestPaper:
    def test_links_between_documents_lead_somewhere(self) -> None:
        links = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)[^)]*\)")
        broken = [
            f"{path.relative_to(ROOT).as_posix()} -> {link}"
            for path in DOCUMENTS
            for link in links.findall(path.read_text(encoding="utf-8"))
            if not (path.parent / link).exists()
        ]
        assert broken == []

    @pytest.mark.parametrize("line", sorted(set(command_lines())))
    def test_commands_in_documents_can_be_typed(self, line: str) -> None:
        """Command, options and number of arguments are ones that `t2mc` has. Runs nothing."""
        name, *arguments = shlex.split(line.split(" > ")[0])
        command = load(name)
        while isinstance(command, TyperGroup) and arguments:
            command = command.commands[arguments.pop(0)]
        _, left_over, _ = command.make_parser(command.context_class(command)).parse_args(arguments)
        assert left_over == []

    def test_make_help_lists_every_verb(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
        assert phony is not None
        assert phony[1].split() == re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)

    def test_whatever_starts_clouds_runs_from_bundles_too(self) -> None:
        """But for tests of `t2mc package`, which say what clouds run from, and of reloads, which bundles refuse."""
        listed = re.search(r"^ON_CLOUDS := .*,(?P<names>[a-z_ ]+)\)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert listed is not None
        starts = re.compile(r"\brunning\(|t2mc\(\"(?:up|demo)\"")
        files = (ROOT / "tests" / "functional").glob("test_*.py")
        found = {path.stem.removeprefix("test_") for path in files if starts.search(path.read_text(encoding="utf-8"))}
        assert set(listed["names"].split()) == found - {"package_cli", "reload"}

    def test_the_version_has_a_chapter_in_the_changelog(self) -> None:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        assert re.search(
            rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert f'__version__ = "{version}"' in (PACKAGE / "__init__.py").read_text(encoding="utf-8")

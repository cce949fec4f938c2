"""However a project is spoilt, the loader answers with findings about files that are there, and with nothing else."""

import copy
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.project.loader import load_project

EXAMPLES = Path(__file__).parents[3] / "examples"
EXAMPLE = EXAMPLES / "factory"
FILES = {path.name: path.read_text() for path in EXAMPLE.glob("*.json")}

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["aws", "daily", "switch", "press-1", "shelves", "{n}", "DOUBLE", 10**400, -1, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with every key or index into it."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def _mutate(document: Any, data: st.DataObject) -> None:
    if not document:
        return
    holder, key = data.draw(st.sampled_from(_places(document)), label="place")
    match data.draw(st.sampled_from(["replace", "remove", "rename", "repeat"]), label="how"):
        case "replace":
            holder[key] = data.draw(JUNK, label="junk")
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[data.draw(st.text(max_size=12), label="name")] = holder.pop(key)
        case _ if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))


def _findings(folder: Path) -> list[Any]:
    try:
        load_project(folder)
    except InvalidProjectError as error:
        sentences = str(error)
        sentences.encode()  # can be printed, whatever was found
        return list(error.findings)
    return []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_file_is_findings_and_never_a_crash(data):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(EXAMPLE, Path(scratch) / "project"))
        for file in data.draw(st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=2, unique=True)):
            document = json.loads(FILES[file])
            for _ in range(data.draw(st.integers(1, 3))):
                _mutate(document, data)
            (folder / file).write_text(json.dumps(document))

        for finding in _findings(folder):
            assert (folder / finding.file).is_file()
            assert finding.found
            assert finding.expected


@settings(max_examples=100, deadline=None)
@given(file=st.sampled_from([*sorted(FILES), "processors/calibrate.py"]), data=st.data())
def test_spoilt_text_is_findings_and_never_a_crash(file, data):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(EXAMPLE, Path(scratch) / "project"))
        content = (folder / file).read_bytes()
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 40, len(content))))
        (folder / file).write_bytes(content[:start] + data.draw(st.binary(max_size=8)) + content[end:])

        for finding in _findings(folder):
            assert (folder / finding.file).is_file()


@pytest.mark.parametrize("example", ["smart-home", "single-cloud", "factory", "wind-farm"])
def test_the_examples_have_no_findings(example):
    assert _findings(EXAMPLES / example) == []

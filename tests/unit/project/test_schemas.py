"""The published schemas say what the loader says: both come from one declaration."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.golden.project_schemas import SCHEMA_FOLDER, publish, schema_file, schema_of

from twin2multicloud.project.documents import DOCUMENTS, Document
from twin2multicloud.project.places import Place
from twin2multicloud.project.walk import read

EXAMPLES = Path(__file__).parents[3] / "examples"
BY_FILE = {document.file: document for document in DOCUMENTS}
VALIDATORS = {document.file: Draft202012Validator(schema_of(document)) for document in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.file)
def test_the_published_copy_is_up_to_date(document):
    published = (SCHEMA_FOLDER / schema_file(document)).read_text()

    assert json.loads(published) == json.loads(json.dumps(schema_of(document))), "run python -m tests.golden.regenerate"
    Draft202012Validator.check_schema(schema_of(document))


def test_there_is_one_copy_for_each_file():
    assert {path.name for path in SCHEMA_FOLDER.iterdir()} == {schema_file(document) for document in DOCUMENTS}


def test_publishing_writes_every_schema(tmp_path):
    publish(tmp_path / "new")

    assert {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()} == {
        path.name: path.read_bytes() for path in SCHEMA_FOLDER.iterdir()
    }


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_examples_validate(path):
    VALIDATORS[path.name].validate(json.loads(path.read_text()))


SNIPPETS = [
    *({"kind": kind} for kind in ("daily", "walk", "counter", "switch", "choice", "stuck", "spike", "feedback")),
    {"kind": "choice", "values": [1]},
    {"kind": "spike", "every_days": 1, "size": 2},
    {"id": "d", "type": "t"},
    {"id": "d", "properties": [{"name": "p", "data_type": "LONG"}]},
    {"name": "g", "type": "t", "count": 3, "id_pattern": "g-{n}"},
    *(None, True, 0, -1, 7.0, 0.5, 10**9, "", "a", "A", "aws", "google", "twin", "{n}", "{n:04}", "°C", [], {}, [1]),
]


def _containers(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict | list) and value else []) + [
        each for child in inner for each in _containers(child)
    ]


def _flaws(document: Document, value: object) -> list[str]:
    problems = []
    read(document.shape, value, Place(document.file), problems.append)
    return [str(problem.finding()) for problem in problems]


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(sorted(EXAMPLES.glob("*/*.json"))), data=st.data())
def test_schema_and_walk_agree(path, data):
    document = json.loads(path.read_text())
    for _ in range(data.draw(st.integers(1, 2))):
        holder = data.draw(st.sampled_from(_containers(document)))
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if data.draw(st.booleans()):
            holder[key] = copy.deepcopy(data.draw(st.sampled_from(SNIPPETS)))
        elif isinstance(holder, dict) and data.draw(st.booleans()):
            holder[data.draw(st.sampled_from(["name", "kind", "count", "x", "size", "device", "group"]))] = (
                copy.deepcopy(holder[key])
            )
        else:
            del holder[key]
        if not _containers(document):
            break

    flaws = _flaws(BY_FILE[path.name], document)

    assert VALIDATORS[path.name].is_valid(document) == (not flaws), flaws


def _first_json(text: str, heading: str) -> object:
    section = text.split(f"## `{heading}`\n", 1)[1].split("\n## ", 1)[0]
    return json.loads(section.split("```json\n", 1)[1].split("```", 1)[0])


@pytest.mark.parametrize("file", [each.file for each in DOCUMENTS if each.file != "config_inter_cloud.json"])
def test_the_reference_shows_files_that_validate(file):
    reference = (EXAMPLES.parent / "docs" / "project_files.md").read_text()

    assert _flaws(BY_FILE[file], _first_json(reference, file)) == []

"""A processor is read, never run: what is none is said with its line."""

import runpy
from pathlib import Path

import pytest

from twin2multicloud.project.places import Place
from twin2multicloud.project.processors import check_source, find_processors

EXAMPLES = Path(__file__).parents[3] / "examples"
AT = Place("processors/p.py")


@pytest.mark.parametrize(
    "source",
    [
        b"def process(telemetry):\n    return telemetry\n",
        b"def process(reading, /): ...\n",
        b"def process(reading={}): ...\n",
        b"# -*- coding: latin-1 -*-\nNAME = '\xe4'\ndef process(reading): ...\n",
        b"def process(a, b): ...\ndef process(a): ...\n",
        b"X = '\\d'\ndef process(reading): ...\n",
    ],
)
def test_what_defines_process_of_one_parameter_is_a_processor(source):
    assert list(check_source(source, AT)) == []


@pytest.mark.parametrize(
    ("source", "path", "found"),
    [
        (b"", "", "no function process"),
        (b"class A:\n    def process(self): ...\n", "", "no function process"),
        (b"\ndef process(): ...\n", "line 2", "process()"),
        (b"def process(a, b): ...\n", "line 1", "process(a, b)"),
        (b"def process(a, *rest): ...\n", "line 1", "process(a, *rest)"),
        (b"def process(a, *, b=1): ...\n", "line 1", "process(a, *, b=1)"),
        (b"async def process(a): ...\n", "line 1", "an async function process"),
        (b"class process: ...\n", "line 1", "a class process"),
        (b"def process(a): ...\n\ndef broken(:\n", "line 3", "a syntax error ("),
    ],
)
def test_what_is_no_processor_is_a_problem(source, path, found):
    (problem,) = check_source(source, AT)

    assert str(problem.place) == path
    assert problem.found.startswith(found)


@pytest.mark.parametrize("source", [b"\x00", b"\xff", b"(" * 10_000, b"# coding: none\n"])
def test_what_is_no_source_text_is_one_problem(source):
    (problem,) = check_source(source, AT)

    assert problem.expected == "Python"


def test_a_processor_is_never_run(factory):
    (factory / "processors" / "bomb.py").write_text("raise SystemExit\ndef process(reading): ...\n")

    found = find_processors(factory, report=pytest.fail)

    assert sorted(found) == ["bomb", "calibrate"]


def test_a_processor_has_a_name_that_python_can_import(factory, messages):
    (factory / "processors" / "my-filter.py").write_text("def process(reading): ...\n")

    assert messages() == [
        'processors/my-filter.py: found the file name "my-filter", expected lower-case letters, digits and underscores'
    ]


def test_the_example_processor_converts_and_drops():
    process = runpy.run_path(str(EXAMPLES / "factory" / "processors" / "calibrate.py"))["process"]
    reading = {"device_id": "line-1-vib-01", "timestamp": "2026-01-01T00:00:00.000Z", "warming_up": False}

    assert process({**reading, "velocity": 2.0, "bearing_temperature_f": 122.0}) == {
        **reading,
        "velocity": 1.88,
        "bearing_temperature": 50.0,
    }
    assert process({**reading, "velocity": 0.05})["velocity"] == 0.0
    assert process({**reading, "warming_up": True}) is None

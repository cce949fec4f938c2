"""A project's processors on single readings, without a twin that runs: by hand, and as the tests of a project.

The reading is normalised as the dispatcher does it, and user code has the runtime's limits of time and memory. Stores
nothing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.telemetry import RESERVED, Reading, Telemetry
from twin2multicloud.functions.payloads.formats import Formats
from twin2multicloud.functions.readings import from_device
from twin2multicloud.functions.triggers import RawReading
from twin2multicloud.operations.processor_process import Outcome
from twin2multicloud.project.loader import Project
from twin2multicloud.wire.limits import FUNCTION_SECONDS

MEMORY_MB = 256
"""Of a deployed function; beside what Python and we have taken when user code begins."""
TESTS = "tests"
"""The folder of a project with its tests: files of one test or a list of them."""


class ProcessorRun(msgspec.Struct, frozen=True):
    """One reading and what became of it; `given` is empty where the dispatcher would have refused it."""

    given: Telemetry
    outcome: Outcome


def run_processor(
    project: Project, name: str, body: bytes, now: str, *, device: str | None = None, seconds: float = FUNCTION_SECONDS
) -> list[ProcessorRun]:
    """Run a processor on every reading of a device's publish. `device` is that of the topic.

    Raises ConfigurationError for a processor or a device that the project does not have.
    """
    path = project.processors.get(name)
    if path is None:
        known = ", ".join(project.processors) or "none"
        raise ConfigurationError(f"no processors/{name}.py{hint(name, project.processors) or f'; there is {known}'}")
    catalog = project.twin.catalog
    if device is not None and catalog.find(device) is None:
        raise ConfigurationError(f"the twin has no device {device!r}{hint(device, catalog.ids())}")
    raw = RawReading(body, device)
    formats = Formats(catalog) if catalog.payloads else None
    return [
        ProcessorRun(each.flat, _in_a_process(path, each, now, seconds))
        if isinstance(each, Reading)
        else ProcessorRun({}, Outcome(error=f"the dispatcher refuses it: {each.reason}"))
        for each in from_device(raw, now, project.twin.clock_skew, [], formats)
    ]


def _in_a_process(path: Path, reading: Reading, now: str, seconds: float) -> Outcome:
    command = [
        sys.executable,
        "-P",
        "-m",
        "twin2multicloud.operations.processor_process",
        str(path),
        now,
        str(MEMORY_MB),
    ]
    try:
        done = subprocess.run(command, input=reading.encoded, stdout=subprocess.PIPE, timeout=seconds, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return Outcome(error=f"not finished within {seconds:g} s, the time of a function", place=str(path))
    try:
        return msgspec.json.decode(done.stdout, type=Outcome)
    except msgspec.MsgspecError:
        return Outcome(error=f"its process ended with {done.returncode} and no result", place=str(path))


class ProcessorTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reading in, and what is expected: a reading (None: dropped), or a part of an error's text."""

    processor: str
    reading: dict[str, Any]
    expected: dict[str, Any] | None = None
    error: str = ""
    name: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """The result of one test: `problem` is empty where it passed."""

    test: str
    problem: str


def run_tests(project: Project, now: str) -> Iterator[Verdict]:
    """Run a project's tests, in the order of their files. Raises ConfigurationError for a file that holds none."""
    for file in sorted((project.folder / TESTS).glob("*.json")):
        for number, test in enumerate(_tests_in(file), 1):
            runs = run_processor(project, test.processor, json.dumps(test.reading).encode(), now)
            name = f"{TESTS}/{file.name}" + (f": {test.name or number}")
            yield Verdict(name, _problem(test, runs[0].outcome))


def _tests_in(file: Path) -> list[ProcessorTest]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[ProcessorTest])
    except msgspec.MsgspecError as error:
        raise ConfigurationError(
            f"{TESTS}/{file.name}: {error}; expected a list of objects with processor, reading and expected, or error"
        ) from error


def _problem(test: ProcessorTest, outcome: Outcome) -> str:
    where = f" ({outcome.place})" if outcome.place else ""
    if outcome.error and not test.error:
        return f"failed: {outcome.error}{where}"
    if test.error not in outcome.error:
        return f"expected an error with {test.error!r}, found {outcome.error or 'none'}{where}"
    found, wanted = outcome.result, test.expected
    if found is not None and wanted is not None:
        found = {key: value for key, value in found.items() if key not in RESERVED or key in wanted}
    return "" if test.error or found == wanted else f"expected {_text(wanted)}, found {_text(found)}"


def _text(value: object) -> str:
    return "dropped" if value is None else msgspec.json.encode(value).decode()

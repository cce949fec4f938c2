"""What is kept: the envelope's schema, and plans, each because it shows something that the others do not."""

from pathlib import Path

import msgspec

from tests.golden import drawing
from tests.golden.envelope_schema import envelope_schema
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.error_codes import ERROR_CODES
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.emulator.delivery.queues import RECORD_STATES
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire import envelope
from twin2multicloud.wire.breaker import TRANSITIONS

SCHEMA = Path(envelope.__file__).with_name("envelope.schema.json")
ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"
TOPOLOGY = Path(__file__).parents[2] / "docs" / "topology.md"
PLANS = Path(__file__).parent / "plans"
_WORDS = {"a": AWS, "z": AZURE, "g": GCP}


def _placed(letters: str) -> Placement:
    """Seven letters, one per slot in data-path order: a(ws), (a)z(ure), g(cp)."""
    return Placement.of({slot: _WORDS[letter] for slot, letter in zip(Slot, letters, strict=True)})


CASES: dict[str, Twin] = {
    "all-aws": twin(_placed("aaaaaaa")),
    "all-azure": twin(_placed("zzzzzzz")),
    "all-gcp": twin(_placed("ggggggg")),
    "all-aws-with-events": twin(_placed("aaaaaaa"), events=True),
    "all-aws-dashboard-on-hot-store": twin(_placed("aaaaaaa"), dashboard=DashboardSource.HOT_STORE),
    "all-gcp-dashboard-on-hot-store": twin(_placed("ggggggg"), dashboard=DashboardSource.HOT_STORE),
    "three-clouds-in-turn": twin(_placed("azgazga")),
    "processing-elsewhere": twin(_placed("azaaaaa")),
    "acquisition-elsewhere-with-feedback": twin(_placed("gaaaaaa"), events=True),
    "hot-store-elsewhere": twin(_placed("aagaaaa")),
    "cold-and-archive-elsewhere": twin(_placed("aaazgaa")),
    "azure-digital-twins-for-gcp-data": twin(_placed("gggggzg")),
    "twin-service-on-gcp-for-aws-data": twin(_placed("aaaaaga")),
    "grafana-elsewhere-on-hot-store": twin(_placed("aazzzzg"), dashboard=DashboardSource.HOT_STORE),
}


def rendered(described: Twin) -> str:
    """A plan as text that a person can compare line by line."""
    return msgspec.json.format(msgspec.json.encode(plan(described)), indent=1).decode() + "\n"


def rendered_schema() -> str:
    """The envelope's JSON Schema as it is published."""
    return msgspec.json.format(msgspec.json.encode(envelope_schema()), indent=1).decode() + "\n"


_ERRORS_HEAD = """# Error events

A function that something goes wrong in sends an error event to its cloud's error topic; it is kept in the cloud's error
table, and `t2mc errors` lists it ([the error path](error_path.md)). `t2mc status` counts them.
An event names the twin, cloud, component, code and severity, and holds a message, a time and, where there is one, what
it is about (`raw_data`, 4,000 characters at most). One failure is one event: `count` says how many messages or records
it is about, `trace_id` is the trace of the first of them, and events of one twin with the same `dedupe_key` tell of the
same problem.

| code | severity | what it means | what to do |
|---|---|---|---|
"""


def rendered_errors() -> str:
    """The page of error codes, from the table."""
    rows = (f"| `{code}` | {info.severity} | {info.meaning} | {info.remedy} |" for code, info in ERROR_CODES.items())
    return _ERRORS_HEAD + "\n".join(rows) + "\n"


def drawn(document: str) -> str:
    """The document with what stands between its markers drawn anew from the tables."""
    parts = {
        "flow chart": f"```mermaid\n{drawing.flow_chart()}\n```",
        "boundaries": drawing.boundaries(),
        "breaker": f"```mermaid\n{drawing.state_diagram(TRANSITIONS)}\n```",
        "record": f"```mermaid\n{drawing.state_diagram(RECORD_STATES)}\n```",
        "timings": drawing.timings(),
        "components": drawing.matrix(),
    }
    for name, text in parts.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        assert begin in document, f"the document has no place for {name}"
        head, _, rest = document.partition(begin)
        _, _, tail = rest.partition(end)
        document = f"{head}{begin}\n{text}\n\n{end}{tail}"
    return document

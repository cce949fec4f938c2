"""Readings from flat objects and back, for tests that say what they mean as dicts."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.rigs.clock import START
from twin2multicloud.domain.telemetry import Reading, normalise


def reading(flat: Mapping[str, Any]) -> Reading:
    """A reading, with the trace of its own that the object may have; of any time, as a store may hold it."""
    made = normalise(flat, now=START, earliest="", latest="~")
    return made.traced(flat["trace_id"]) if "trace_id" in flat else made


def readings(flats: Iterable[Mapping[str, Any]]) -> list[Reading]:
    return [reading(flat) for flat in flats]


def flat(made: Reading) -> dict[str, Any]:
    """A reading's flat object, with its own trace where it has one."""
    own = made.key.trace_id
    return {**made.flat, "trace_id": own} if own else dict(made.flat)


def flats(made: Iterable[Reading]) -> list[dict[str, Any]]:
    return [flat(each) for each in made]

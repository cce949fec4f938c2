"""Where did this reading go? Its runs on all clouds, and where it is; also as OpenTelemetry spans. Prints nothing."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.telemetry import TRACE_ID_PATTERN
from twin2multicloud.domain.timestamps import from_datetime, to_datetime
from twin2multicloud.emulator.delivery.runs import Run
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.local_twin import LocalTwin
from twin2multicloud.operations.twin import properties_of
from twin2multicloud.ports.transport import Transport

_OTLP_PATH = "/v1/traces"
_SECONDS = 10.0
_SERVER, _CONSUMER = 2, 5  # span kinds of OpenTelemetry's protocol
_OK, _ERROR = 1, 2  # its status codes


class Hop(Run, frozen=True, kw_only=True):
    """One run of a function that had the reading, and the cloud that it was on."""

    cloud: Cloud


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The way of one reading, or of all readings of a trace."""

    device: str
    timestamp: str
    trace_ids: Sequence[str]
    hops: Sequence[Hop]
    readable: bool | None
    """Whether the twin's reader has it, from any tier; None for a trace id, or where the reader does not answer."""

    dead_letters: Sequence[str]
    """Boundary and reason of each dead letter that holds it."""

    dark: Sequence[Cloud]
    """Clouds that do not answer: hops there are not known."""


def trace_reading(twin: LocalTwin, device: str, timestamp: str = "") -> Trace:
    """The way of a device's reading of that time (canonical); of its latest where no time is given.

    Raises ConfigurationError for a device that the twin does not have, or that has measured nothing; TwinError.
    """
    properties_of(twin.catalog, device)
    stamp = timestamp or _latest(twin, device)
    found, dark = twin.runs(trace_id="", device=device, timestamp=stamp)
    hops = _hops(found)
    return Trace(
        device=device,
        timestamp=stamp,
        trace_ids=tuple(dict.fromkeys(each.trace_id for each in hops if each.trace_id)),
        hops=hops,
        readable=_readable(twin, device, stamp),
        dead_letters=_letters(twin, device, stamp),
        dark=dark,
    )


def trace_by_id(twin: LocalTwin, trace_id: str) -> Trace:
    """The way of all readings of a trace, by its id as error events have it. Raises ConfigurationError, TwinError."""
    if re.fullmatch(TRACE_ID_PATTERN, trace_id) is None:
        raise ConfigurationError(f"a trace id has 32 lower-case hex digits, not all zero; found {trace_id!r}")
    found, dark = twin.runs(trace_id=trace_id, device="", timestamp="")
    hops = _hops(found)
    return Trace(
        device="",
        timestamp="",
        trace_ids=(trace_id,),
        hops=hops,
        readable=None,
        dead_letters=(),
        dark=dark,
    )


def as_otlp(trace: Trace, twin: str) -> bytes:
    """An ``ExportTraceServiceRequest`` as JSON: a resource per cloud, a span per hop, each the child of the one before.

    Shape: opentelemetry.io, "OTLP Specification", JSON Protobuf Encoding: ids in hex, times in ns as texts.
    """
    spans: dict[Cloud, list[dict[str, object]]] = {}
    parents: dict[str, str] = {}
    for hop in trace.hops:
        if not hop.trace_id:
            continue
        span_id = _span_id(hop)
        start = round(to_datetime(hop.begun).timestamp() * 1000) * 1_000_000
        spans.setdefault(hop.cloud, []).append(
            {
                "traceId": hop.trace_id,
                "spanId": span_id,
                "parentSpanId": parents.get(hop.trace_id, ""),
                "name": hop.component,
                "kind": _SERVER if hop.trigger is Trigger.HTTP else _CONSUMER,
                "startTimeUnixNano": str(start),
                "endTimeUnixNano": str(start + 1000 * hop.micros),
                "attributes": [
                    _attribute("faas.trigger", "http" if hop.trigger is Trigger.HTTP else "pubsub"),
                    _attribute("messaging.batch.message_count", hop.readings),
                    *([_attribute("twin.device", trace.device)] if trace.device else []),
                ],
                "status": {"code": _ERROR, "message": hop.outcome} if hop.outcome else {"code": _OK},
            }
        )
        parents[hop.trace_id] = span_id
    resources = [
        {
            "resource": {
                "attributes": [_attribute("service.name", f"{twin} on {cloud}"), _attribute("cloud.provider", cloud)]
            },
            "scopeSpans": [{"scope": {"name": "twin2multicloud"}, "spans": each}],
        }
        for cloud, each in spans.items()
    ]
    return msgspec.json.encode({"resourceSpans": resources})


def send_otlp(transport: Transport, url: str, trace: Trace, twin: str) -> int:
    """Send a trace to a collector by OTLP over HTTP; returns how many spans. Raises TwinError where it is not taken."""
    body = as_otlp(trace, twin)
    target = url if url.rstrip("/").endswith(_OTLP_PATH) else url.rstrip("/") + _OTLP_PATH
    reply = transport.post(target, {"content-type": "application/json"}, body, _SECONDS)
    if reply.status != 200:
        raise TwinError(f"{target} answered {reply.status} to a trace: {reply.body[:200].decode(errors='replace')}")
    return sum(1 for hop in trace.hops if hop.trace_id)


def _hops(found: Mapping[Cloud, Sequence[Run]]) -> list[Hop]:
    hops = [
        msgspec.convert({**msgspec.structs.asdict(run), "cloud": cloud}, Hop)
        for cloud, runs in found.items()
        for run in runs
    ]
    return sorted(hops, key=lambda each: each.begun)


def _latest(twin: LocalTwin, device: str) -> str:
    stamps = [stamp for stamp, _ in twin.latest(device).values() if stamp]
    if not stamps:
        raise ConfigurationError(f"{device} has no reading yet; give the time of one with --at")
    return max(stamps)


def _readable(twin: LocalTwin, device: str, stamp: str) -> bool | None:
    before = from_datetime(to_datetime(stamp) - timedelta(milliseconds=1))
    try:
        return any(twin.history(device, since=before, until=stamp, limit=1).values())
    except TwinError:
        return None


def _letters(twin: LocalTwin, device: str, stamp: str) -> Sequence[str]:
    key = msgspec.json.encode({"device_id": device, "timestamp": stamp})[1:-1].decode()
    found, _ = twin.letters.find(Selection(device=device))
    return [f"{each.boundary}: {each.reason}" for each in found if key in each.content]


def _span_id(hop: Hop) -> str:
    text = f"{hop.cloud} {hop.component} {hop.begun} {hop.micros} {hop.trace_id}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _attribute(name: str, value: str | int) -> dict[str, object]:
    return {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}

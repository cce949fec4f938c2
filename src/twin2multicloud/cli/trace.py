"""t2mc trace: where a reading went, hop by hop. Decides nothing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import cloud_text, err, make_table, out, say_json
from twin2multicloud.cli.moments import instant
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.operations.local_twin import LocalTwin
from twin2multicloud.operations.tracing import Trace, send_otlp, trace_by_id, trace_reading


def trace(
    folder: Folder = Path(),
    device: Annotated[str, typer.Option("--device", help="The device of the reading.")] = "",
    at: Annotated[
        str, typer.Option("--at", help="The reading's time, to the millisecond; by default its latest.")
    ] = "",
    trace_id: Annotated[str, typer.Option("--id", help="A trace id, as error events and logs have it.")] = "",
    otlp: Annotated[str, typer.Option("--otlp", help="Send it to this collector too: http://localhost:4318.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show where a reading went: each function that had it, on every cloud, and where it is now.

    Each emulated cloud remembers its latest runs, 16 MB of what they were given. Exit code 1 if a cloud is down.

    Example: t2mc trace examples/smart-home --device kitchen-climate
    """
    if bool(device) == bool(trace_id):
        raise ConfigurationError("say which reading: --device D, with --at T for an older one, or --id TRACE")
    if at and not device:
        raise ConfigurationError("--at is the time of a device's reading; name the device with --device")
    twin = LocalTwin(folder)
    found = trace_by_id(twin, trace_id) if trace_id else trace_reading(twin, device, instant(at) if at else "")
    if as_json:
        say_json(found)
    else:
        _say(found)
    if otlp:
        from twin2multicloud.wire.http_transport import HttpTransport

        spans = send_otlp(HttpTransport(), otlp, found, twin.topology.twin)
        err.print(f"sent {spans} spans to {otlp}", highlight=False)
    for cloud in found.dark:
        err.print(f"{cloud} does not answer")
    if found.dark:
        raise typer.Exit(1)


def _say(trace: Trace) -> None:
    what = f"{trace.device} at {trace.timestamp}" if trace.device else f"trace {trace.trace_ids[0]}"
    table = make_table(what, "begun", "cloud", "function", "started by", ">took", ">of", "outcome")
    for hop in trace.hops:
        table.add_row(
            hop.begun,
            cloud_text(hop.cloud),
            hop.component,
            hop.trigger,
            f"{hop.micros / 1000:,.1f} ms",
            f"{hop.readings:,}",
            escape(hop.outcome) or "passed",
        )
    out.print(table)
    if not trace.hops:
        out.print("no run of a function had it lately: each cloud remembers its latest 16 MB")
    if trace.device:
        for each in trace.trace_ids:
            out.print(f"trace {each}", highlight=False)
        where = {True: "stored: the reader has it", False: "not stored", None: "the reader does not answer"}
        out.print(where[trace.readable])
        for letter in trace.dead_letters:
            out.print(f"dead letter: {escape(letter)}", soft_wrap=True)

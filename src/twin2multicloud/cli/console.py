"""The look of the command line: the two consoles, and the format of findings and errors. Decides nothing."""

import os
import sys
from typing import TextIO

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from twin2multicloud.domain.errors import Finding, InvalidProjectError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.topology import Locality

_WHOLE = 100_000  # columns; nothing is as wide


def _width(stream: TextIO) -> int | None:
    """Of a terminal, what it says (None). Into a pipe or a file lines are whole, unless COLUMNS says otherwise."""
    return None if stream.isatty() or os.environ.get("COLUMNS") else _WHOLE


out = Console(emoji=False, width=_width(sys.stdout))  # a device may be called `:key:`
err = Console(stderr=True, emoji=False, width=_width(sys.stderr))


def make_table(title: str, *columns: str, unwrapped: int = 0) -> Table:
    """An empty table. A column whose name begins with ``>`` holds numbers; the first `unwrapped` are never wrapped."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
        padding=(0, 1, 0, 0),
        caption_justify="left",
    )
    for place, name in enumerate(columns):
        numbers = name.startswith(">")
        table.add_column(name[numbers:], justify="right" if numbers else "left", no_wrap=place < unwrapped)
    return table


def cloud_text(cloud: Cloud) -> Text:
    """A cloud's short name in its colour."""
    return Text(cloud, style=pack(cloud).style)


def locality_text(locality: Locality) -> Text:
    """``local`` dimmed, ``remote`` highlighted."""
    return Text(locality.value, style="dim" if locality is Locality.LOCAL else "bold magenta")


def say_findings(error: InvalidProjectError) -> None:
    """Every finding, grouped by nothing: in file order, each with its suggestion."""
    for finding in error.findings:
        err.print(_finding(finding), soft_wrap=True)
    count = len(error.findings)
    err.print(f"[red]{count} finding{'s' if count != 1 else ''}[/]; nothing was changed.")


def say_error(message: str) -> None:
    """One sentence on the error console."""
    err.print(f"[red]error:[/] {escape(message)}", soft_wrap=True)


def say_note(message: str) -> None:
    """A note on the error console."""
    err.print(f"[dim]note: {escape(message)}[/]", soft_wrap=True)


def say_json(value: object) -> None:
    """A value as the JSON answer of a command."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def _finding(finding: Finding) -> Text:
    place = f"{finding.file}: {finding.path}" if finding.path else finding.file
    line = Text.assemble((place, "bold"), ": found ", (finding.found, "red"), ", expected ", finding.expected)
    if finding.suggestion:
        line.append("; ")
        line.append(finding.suggestion, "green")
    return line

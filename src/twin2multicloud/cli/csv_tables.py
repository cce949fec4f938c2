"""A table of the command line as CSV: the same columns and rows, without colours. Owns how a cell becomes text."""

import csv
import io

import typer
from rich.table import Table
from rich.text import Text

from twin2multicloud.cli.console import out


def say_table(table: Table, *, as_csv: bool = False) -> None:
    """Print a table for people, or as CSV with its column names first. Numbers lose their thousands separators."""
    if as_csv:
        typer.echo(table_csv(table), nl=False)
    else:
        out.print(table)


def table_csv(table: Table) -> str:
    """A table as CSV (RFC 4180, with line feeds)."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_plain(column.header) for column in table.columns)
    columns = [[_cell(cell, numbers=column.justify == "right") for cell in column.cells] for column in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return written.getvalue()


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain


def _cell(cell: object, *, numbers: bool) -> str:
    text = _plain(cell)
    if not numbers:
        return text
    bare = text.replace(",", "")
    return bare if bare.replace(".", "").lstrip("-").isdecimal() else text  # a column of values may hold other text

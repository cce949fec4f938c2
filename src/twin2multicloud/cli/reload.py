"""t2mc reload, and what `t2mc up --watch` does: a project's changes taken into its twin while that runs."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from twin2multicloud.cli.console import out, say_error, say_findings, say_json, say_note
from twin2multicloud.cli.errors import say_event
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.errors import InvalidProjectError, TwinError
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.emulator.host.virtual_clock import VirtualClock
from twin2multicloud.operations.reloading import Change, reload_project
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.operations.watching import settled_changes, snapshot
from twin2multicloud.project.loader import load_project

_MOST = 1_000  # error events of each cloud that are read at once


def reload(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Take a project's changes into its twin while that runs on this machine.

    Example: t2mc reload examples/smart-home
    """
    show = (lambda _: None) if as_json else _say_change
    change = reload_project(load_project(folder), show, say_note)
    if as_json:
        say_json(change)
    elif change:
        _say_taken(change)
    else:
        out.print("nothing has changed")


def watch_project(folder: Path) -> None:
    """Take in each change of a running twin's project, and print its error events as they come; until Ctrl-C."""
    out.print("watching the project: Ctrl-C ends this, and leaves the twin running")
    errors = _NewErrors(folder)
    for changed in settled_changes(lambda: snapshot(folder), time.sleep):
        if changed:
            _take_in(folder)
        errors.say()


def _take_in(folder: Path) -> None:
    """What cannot be taken in is said; the twin goes on as it was."""
    try:
        change = reload_project(load_project(folder), _say_change, say_note)
    except InvalidProjectError as error:
        say_findings(error)
    except TwinError as error:
        say_error(str(error))
    else:
        if change:
            _say_taken(change)


def _say_change(change: Change) -> None:
    for line in (*change.lines, *(f"{each} (plan)" for each in change.difference.lines)):
        out.print(escape(line), soft_wrap=True, highlight=False)


def _say_taken(change: Change) -> None:
    out.print(f"taken in while running: {', '.join(change.taken_by) or 'nothing runs by it'}", soft_wrap=True)


class _NewErrors:
    """The error events of a running twin from now on."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder, set[str]()
        self._since = VirtualClock(load_deployment(folder).state.clock).now()

    def say(self) -> None:
        """Print those that have come. A cloud that is down says so elsewhere."""
        with closing(TwinClient(load_deployment(self._folder))) as client:
            found, _ = client.errors(_MOST, self._since)
        for event in reversed(found):
            if event.id not in self._seen:
                say_event(event)
        self._seen |= {each.id for each in found}

"""Progress as one line on the error console. Owns its columns; events are passed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from twin2multicloud.cli.console import err
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations.device_registration import REGISTERED, REMOVED
from twin2multicloud.terraform.engine import STOPPING

_STARTED, _DONE = "apply_start", ("apply_complete", "apply_errored", REGISTERED, REMOVED)


class _SoFar(ProgressColumn):
    """How many so far, where no total is known; nothing before the first."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f}" if task.completed else "")


@contextmanager
def progress_line(doing: str, total: int | None) -> Iterator[Callable[..., None]]:
    """What is being done, and how far: of a total, or how many so far. Yields rich's `Progress.update` of its line."""
    far = (BarColumn(), MofNCompleteColumn()) if total is not None else (_SoFar(),)
    columns = (TextColumn("{task.description}"), *far, TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True) as bar:
        yield partial(bar.update, bar.add_task(doing, total=total))


@contextmanager
def phase(doing: str, total: int | None) -> Iterator[Report]:
    """The line as the report of an operation: each resource or device that is done is a step."""
    with progress_line(doing, total) as update:

        def report(event: Progress) -> None:
            if event.action == "read":
                return  # data sources are not counted in the plan
            if event.kind == STOPPING:
                update(description=f"stopping: {event.message} (Ctrl-C again drops it)")
            elif event.kind == _STARTED:
                update(description=event.address)
            elif event.kind in _DONE:
                update(advance=1)

        yield report

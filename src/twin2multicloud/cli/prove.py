"""t2mc prove: the certificate that nothing acknowledged is lost. Decides nothing."""

from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.project.places import typed
from twin2multicloud.proving.certificate import Certificate
from twin2multicloud.proving.certificate import prove as run_seeds
from twin2multicloud.proving.report import report_lines

_VIRTUAL_MINUTES, _REAL_MINUTES = 10.0, 0.25


def prove(
    folder: Folder = Path(),
    seeds: Annotated[int, typer.Option(min=1, help="How many histories, from seed 1 on.")] = 20,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="How long clients publish in each: virtual minutes, 10, or with --processes real, 0.25."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The history of this seed, and no other.")] = None,
    only: Annotated[str, typer.Option(help="Of --seed, the steps of these numbers: 3,17,20.")] = "",
    processes: Annotated[
        bool, typer.Option("--processes", help="Over real processes, in real time: not the same a second time.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Histories at once; as many as there are processors.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Prove that nothing acknowledged is lost: seeded load and faults, a ledger, a report. Exit code 1 if it fails.

    The clouds run in one process on a virtual clock: the same seed gives the same history. Touches no running twin and
    no file of the project. Example: t2mc prove examples/smart-home --seeds 100
    """
    numbers = _numbers(only)
    if numbers is not None and (seed is None or processes):
        raise ConfigurationError(
            "--only names steps of one history on the virtual clock: give its --seed, no --processes"
        )
    wanted = range(1, seeds + 1) if seed is None else [seed]
    with progress_line("histories", len(wanted)) as update:
        certificate = run_seeds(
            folder,
            wanted,
            minutes=minutes or (_REAL_MINUTES if processes else _VIRTUAL_MINUTES),
            only=numbers,
            processes=processes,
            jobs=jobs,
            report=lambda _: update(advance=1),
            say=say_note,
        )
    _say(certificate, folder, as_json=as_json)


def _say(certificate: Certificate, folder: Path, *, as_json: bool) -> None:
    if as_json:
        say_json(certificate)
    else:
        for line in report_lines(certificate, typed(folder)):
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not certificate.holds:
        raise typer.Exit(1)


def _numbers(only: str) -> list[int] | None:
    if not only:
        return None
    try:
        return [int(each) for each in only.split(",")]
    except ValueError as error:
        raise ConfigurationError(f"--only must be numbers of steps, as 3,17,20, found {only!r}") from error

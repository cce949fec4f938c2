"""t2mc doctor: what is wrong with the files of a twin that is down, and its repair. Decides nothing."""

from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import out, say_json, say_note
from twin2multicloud.cli.project_commands import Folder
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.operations.doctor import Fault, examine, repair


def doctor(
    folder: Folder = Path(),
    repairing: Annotated[
        bool, typer.Option("--repair", help="Keep what can be read, set the rest aside, accept what is lost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check every file of a twin that is down: what is damaged, what of it is lost. Repairs with --repair.

    Exit code 1 where something is wrong and was not repaired. Example: t2mc doctor examples/smart-home
    """
    deployment = load_deployment(folder)
    done = repair(deployment, say_note) if repairing else []
    faults = examine(deployment, say_note)
    if as_json:
        say_json({"faults": faults, "repaired": done})
    else:
        for sentence in done:
            out.print(sentence, markup=False, soft_wrap=True)
        for each in faults:
            out.print(_sentence(each), markup=False, soft_wrap=True, highlight=False)
        if not faults:
            out.print("every file is as it was written")
    if faults:
        raise typer.Exit(1)


def _sentence(fault: Fault) -> str:
    found = fault.found.removeprefix(str(fault.file)).lstrip()
    return f"{fault.file} {found}; lost: {fault.lost}; --repair {fault.repair}"

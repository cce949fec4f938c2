"""A rendered topology in a folder with an engine at hand: what tests of Terraform share. Owns skips and bundles."""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tests.rigs.vendor_processes import unavailable
from twin2multicloud.domain.progress import Progress
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform.engine import Engine, Workspace
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.render import render

VARIABLES = {"gcp_project": "a-project"}


def terraform() -> Engine:
    """The engine on the PATH, or a rig that cannot start. One that is there and does not work is a failure."""
    found = shutil.which("terraform") or shutil.which("tofu")
    if found is None:
        unavailable("neither terraform nor tofu is on the PATH")
    return (found,)


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would lead an engine elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "T2MC_", "AWS_"))}
    return {**kept, **more}


def write_bundles(topology: Topology, folder: Path) -> Path:
    """An archive for every function of the slice; what is in it is nobody's concern here."""
    for site in scope.sites(topology):
        (folder / site.cloud).mkdir(parents=True, exist_ok=True)
        for function in site.functions:
            (folder / site.cloud / f"{function.name}.zip").write_bytes(archive(function.name))
    return folder


def archive(content: str) -> bytes:
    """A zip file with one small module."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(zipfile.ZipInfo("main.py"), f'"""{content}"""\n')
    return made.getvalue()


class Deployed(msgspec.Struct, frozen=True):
    """A workspace, and what was told while it worked."""

    workspace: Workspace
    folder: Path
    bundles: Path
    events: list[Progress]
    engine: Engine
    env: dict[str, str]

    def shown(self) -> bytes:
        """The saved plan as JSON. Runs the engine's ``show``."""
        command = [*self.engine, "show", "-json", "plan.tfplan"]
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, check=True).stdout

    def changes(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """The saved plan: address -> argument -> (before, after), for what differs."""
        return {
            each["address"]: _differences(each["change"]["before"] or {}, each["change"]["after"] or {})
            for each in json.loads(self.shown())["resource_changes"]
            if each["change"]["actions"] != ["no-op"]
        }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def prepared(
    topology: Topology,
    folder: Path,
    engine: Engine,
    env: Mapping[str, str],
    config: dict[str, Any] | None = None,
) -> Deployed:
    """A workspace with everything written, before init."""
    events: list[Progress] = []
    whole = clean_environment(env)
    workspace = Workspace(engine, folder / "terraform", whole, events.append)
    bundles = write_bundles(topology, folder / "bundles")
    found = render(topology) if config is None else config
    declared = {name: value for name, value in VARIABLES.items() if name in found["variable"]}
    workspace.write(found, {**declared, "bundles": str(bundles)})
    return Deployed(workspace, folder / "terraform", bundles, events, engine, whole)

"""Dashboards of a twin as a provisioning folder for any Grafana: for the plan, or with the addresses of what runs."""

from collections.abc import Mapping
from pathlib import Path

from twin2multicloud.dashboards.provisioning import BOARDS, Provisioning, provisioning
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.json_files import write_atomically
from twin2multicloud.project.loader import Project


def prepared(project: Project, urls: Mapping[str, str]) -> Provisioning:
    """The dashboards of a project. Raises ConfigurationError for a plan whose dashboards cannot be made."""
    return provisioning(project.twin, plan(project.twin), urls)


def local_urls(folder: Path) -> dict[str, str]:
    """The endpoints of the twin that runs on this machine, by function. Raises TwinError where none is up."""
    from twin2multicloud.emulator.host.deployment import load_deployment

    deployment = load_deployment(folder)
    topology = deployment.topology
    return {topology[each.component].name: deployment.url_of(each.component) for each in topology.endpoints}


def deployed_urls(project: Project) -> dict[str, str]:
    """The endpoints of the deployed twin, by function. Raises ConfigurationError where nothing is deployed."""
    from twin2multicloud.operations.deployed_twin import Deployment

    outputs = Deployment(project).outputs()
    found = {name: url for key, urls in outputs.items() if key.endswith("_endpoints") for name, url in urls.items()}
    if not outputs:
        raise ConfigurationError(f"{project.twin.name} is not deployed; run `t2mc deploy` first")
    return found


def write(made: Provisioning, folder: Path) -> list[Path]:
    """Write the provisioning folder and remove dashboards of an earlier export that are no more.

    Raises ConfigurationError for a folder that has other files and no export of ours, before anything is written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "dashboards" / "t2mc.yaml").exists():
        raise ConfigurationError(f"{folder} is not empty and holds no export of t2mc; name an empty folder")
    files = {folder / name: text for name, text in made.files().items()}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    ours = [*(folder / BOARDS).glob("*.json"), folder / "alerting" / "t2mc.yaml"]
    for path in ours:
        if path not in files:
            path.unlink(missing_ok=True)
    return list(files)

"""A project -> bundles in a folder, as archives or unpacked. Owns what is written where; packs nothing itself."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.hosting.user_code import action_names, processor_names
from twin2multicloud.packaging.bundle import Bundle, UserFiles, asked, bundles
from twin2multicloud.packaging.wheels import fetch, unpacked
from twin2multicloud.planning.clouds import known_clouds, packaging_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.imports import RUNTIME, import_problems
from twin2multicloud.project.loader import Project

PYTHON = ".".join(map(str, RUNTIME))
"""The Python that wheels are fetched for: what the functions are deployed with."""


def package(project: Project, *, cache: Path | None = None) -> list[Bundle]:
    """Every bundle of a project: an archive per function and cloud. The same project gives the same bytes.

    Wheels, fetched with pip, are kept in `cache`; None leaves them out, and archives for AWS and Azure then lack what
    their runtimes lack. Raises TwinError where one cannot be fetched, ConfigurationError for user code that imports
    what functions do not have.

    >>> for bundle in package(load_project("examples/smart-home"))[:2]:
    ...     print(bundle.name)
    aws/dispatcher.zip
    aws/archive-store-admin.zip
    """
    processors = {name: path.read_bytes() for name, path in project.processors.items()}
    used = {name: processors[name] for name in processor_names(project.twin.catalog) if name in processors}
    actions = {name: path.read_bytes() for name, path in project.actions.items()}
    acting = {name: actions[name] for name in action_names(project.twin.events) if name in actions}
    for problem in import_problems(acting, project.requirements, "actions"):
        raise ConfigurationError(problem)
    for problem in import_problems(used, project.requirements):
        raise ConfigurationError(problem)
    beside = _beside(project, cache)
    return list(bundles(project.twin, plan(project.twin), processors, _vendored(project, cache), beside, actions))


def write(made: Sequence[Bundle], folder: Path) -> None:
    """Write archives, ``<cloud>/<function>.zip``, and remove those of deleted functions."""
    names = {each.name for each in made}
    for cloud in known_clouds():
        for old in (folder / cloud).glob("*.zip"):
            if old.relative_to(folder).as_posix() not in names:
                old.unlink()
    for each in made:
        (folder / each.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / each.name).write_bytes(each.archive)


def unpack(made: Sequence[Bundle], folder: Path) -> None:
    """Unpack archives as a runtime does, each into a folder of its function's name; nothing else stays there.

    What is unpacked are the archives' own bytes, so that what runs from there is what would be deployed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for each in made:
        archive = folder / f"{each.function}.zip"
        archive.write_bytes(each.archive)
        shutil.unpack_archive(archive, folder / each.function)
        archive.unlink()


def _beside(project: Project, cache: Path | None) -> UserFiles:
    """What the user's code has beside it: data, and the wheels of what it requires, with what those need in turn."""
    wheels: dict[Cloud, Mapping[str, bytes]] = {}
    if cache is not None and project.requirements:
        for cloud in project.twin.placement.clouds:
            if packaging_of(cloud).vendored:  # together with ours, so that both agree on versions
                wheels[cloud] = unpacked(fetch([*asked(cloud), *project.requirements], PYTHON, cache), cloud)
    return UserFiles(
        data={path: file.read_bytes() for path, file in project.data.items()},
        requirements=project.requirements,
        vendored=wheels,
    )


def _vendored(project: Project, cache: Path | None) -> Mapping[Cloud, Mapping[str, bytes]]:
    """Wheels by cloud, unpacked, of the clouds whose deployments install nothing."""
    if cache is None:
        return {}
    return {
        cloud: unpacked(fetch(asked(cloud), PYTHON, cache), cloud)
        for cloud in project.twin.placement.clouds
        if packaging_of(cloud).vendored
    }

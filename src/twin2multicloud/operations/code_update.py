"""Brings changed code to deployed functions without the engine, and back. Owns which archives are kept for that.

Each archive that was deployed is kept by its digest, the last few of a function: what stood before can run again.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.operations.publishing import JOB, PUBLISHED
from twin2multicloud.planning.clouds import deployed_on
from twin2multicloud.terraform.rollout import Rollout

ALL = "all"
DIGITS = 32
"""Of a digest: as many as every cloud keeps."""
_KEPT = 3


class CodeUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """One function that is to run another archive: the digest that stands there now, empty where it is unknown, and
    that of the archive."""

    cloud: Cloud
    function: str
    archive: Path
    stood: str
    stands: str

    @property
    def name(self) -> str:
        """For people: ``azure/hot-reader``."""
        return f"{self.cloud}/{self.function}"


def code_updates(
    rollout: Rollout, outputs: Mapping[str, Any], names: Sequence[str], *, back: bool = False
) -> tuple[CodeUpdate, ...]:
    """The functions of those names (`ALL` for every one) that run other code than the project's archives, or, with
    `back`, each with the archive that it ran before. Changes nothing.

    Raises ConfigurationError for a name that is not deployed, and where no archive is kept to go back to.
    """
    return tuple(_updates(rollout, outputs, _wanted(rollout, outputs, names), back=back))


def update_code(updates: Sequence[CodeUpdate], rollout: Rollout, outputs: Mapping[str, Any], report: Report) -> None:
    """Publish them, one after the other, and report each. Raises TwinError for the first that fails."""
    publishers = {cloud: deployed_on(cloud).open_code(outputs) for cloud in {each.cloud for each in updates}}
    for each in updates:
        publishers[each.cloud].publish(each.function, each.archive.read_bytes(), each.stands)
        _keep(rollout, each.cloud, each.function, each.archive)
        report(Progress(job=JOB, kind=PUBLISHED, message="", address=each.name))


def keep_code(rollout: Rollout) -> None:
    """Keep the project's archives, which are deployed now."""
    for cloud, function in rollout.functions:
        _keep(rollout, cloud, function, rollout.bundles / cloud / f"{function}.zip")


def _wanted(rollout: Rollout, outputs: Mapping[str, Any], names: Sequence[str]) -> list[tuple[Cloud, str]]:
    there = [each for each in rollout.functions if f"{each[0]}_functions" in outputs or f"{each[0]}_apps" in outputs]
    if not there:
        raise ConfigurationError(f"no function of {rollout.project.twin.name} is deployed; run `t2mc deploy` first")
    for name in names:
        known = [ALL, *(function for _, function in there), *(f"{cloud}/{function}" for cloud, function in there)]
        if name not in known:
            raise ConfigurationError(f"--functions {name}: no such function is deployed{hint(name, known)}")
    return [(cloud, each) for cloud, each in there if {ALL, each, f"{cloud}/{each}"} & set(names)]


def _updates(
    rollout: Rollout, outputs: Mapping[str, Any], wanted: Sequence[tuple[Cloud, str]], *, back: bool
) -> Iterator[CodeUpdate]:
    for cloud in dict.fromkeys(cloud for cloud, _ in wanted):
        published = deployed_on(cloud).open_code(outputs).published()
        for function in (name for place, name in wanted if place == cloud):
            stood = published.get(function, "")[:DIGITS]
            archive = rollout.bundles / cloud / f"{function}.zip"
            if back:
                archive = _before(rollout, cloud, function, stood)
            stands = _digest(archive)
            if stands != stood:
                yield CodeUpdate(cloud=cloud, function=function, archive=archive, stood=stood, stands=stands)


def _before(rollout: Rollout, cloud: Cloud, function: str, stood: str) -> Path:
    """The newest kept archive that is not the one that stands."""
    others = [each for each in _kept(rollout, cloud, function) if each.stem != stood]
    if not others:
        raise ConfigurationError(f"{cloud}/{function}: no archive is kept that it ran before")
    return others[-1]


def _kept(rollout: Rollout, cloud: Cloud, function: str) -> list[Path]:
    """The kept archives of a function, the one that was deployed last at the end."""
    return sorted((rollout.published / cloud / function).glob("*.zip"), key=lambda each: each.stat().st_mtime_ns)


def _keep(rollout: Rollout, cloud: Cloud, function: str, archive: Path) -> None:
    folder = rollout.published / cloud / function
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{_digest(archive)}.zip"
    if kept.exists():
        os.utime(kept)
    else:
        whole = kept.with_suffix(".new")  # never half an archive
        shutil.copyfile(archive, whole)
        whole.replace(kept)
    for old in _kept(rollout, cloud, function)[:-_KEPT]:
        old.unlink()


def _digest(archive: Path) -> str:
    return hashlib.sha256(archive.read_bytes()).hexdigest()[:DIGITS]

"""A project's functions as archives on disk, measured, and what they leave out. Builds and packs nothing itself."""

from pathlib import Path

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packaging import build
from twin2multicloud.packaging import report as measuring
from twin2multicloud.planning.clouds import packaging_of
from twin2multicloud.planning.coverage import cover
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import Project
from twin2multicloud.project.state_folder import StateFolder


class Archives(msgspec.Struct, frozen=True, kw_only=True):
    """What was written where. `left_out` are functions without code; on `incomplete` clouds archives lack wheels."""

    folder: Path
    reports: tuple[measuring.BundleReport, ...]
    left_out: tuple[str, ...]
    incomplete: tuple[Cloud, ...]


def package(project: Project, *, to: Path | None, wheels: bool, measure: int) -> Archives:
    """Build, write and measure every archive. `measure` is the number of cold imports of each. Raises TwinError."""
    state, clouds = StateFolder(project.folder), project.twin.placement.clouds
    made = build.package(project, cache=state.wheels if wheels else None)
    build.write(made, to or state.bundles)
    return Archives(
        folder=to or state.bundles,
        reports=tuple(measuring.report(each, rounds=measure) for each in made),
        left_out=cover(plan(project.twin), ()).functions_left_out,
        incomplete=() if wheels else tuple(each for each in clouds if packaging_of(each).vendored),
    )

"""Takes a project's changes into its twin while that runs here. Reports, and prints nothing; restarts no cloud.

Clouds take in what keeps the plan: devices, types, payloads, processors, hierarchy, settings. The processor's cloud is
the first, since user code may be refused there, and L1's the last: a new device is let in when all others know it.
What needs other components is refused with their names, since messages that wait for one that goes would stay.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from twin2multicloud.domain.components import KINDS, Data
from twin2multicloud.domain.errors import ConfigurationError, FinalError, TwinError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.host.deployment import (
    LocalDeployment,
    Runtime,
    keep,
    load_deployment,
    prepare_again,
    run_by_the_emulator,
    user_code,
)
from twin2multicloud.emulator.host.folder_lock import changing
from twin2multicloud.emulator.host.processes import (
    DASHBOARD,
    pid_of,
    require_running,
    start_dashboard,
    stop,
    uninterrupted,
    wait_until_up,
)
from twin2multicloud.operations.twin_changes import code_changes, twin_changes
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.difference import PlanDifference, difference
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.services import is_wired
from twin2multicloud.planning.topology import Component, Topology
from twin2multicloud.project.loader import Project
from twin2multicloud.project.places import typed

JOB = "reload"


class Change(msgspec.Struct, frozen=True):
    """What a project has that its running twin has not: `lines` of its files, and the plan's `difference`.

    `taken_by` are the functions that take it in as they run, `restarts` the components that it cannot do without; the
    ids of both.
    """

    lines: tuple[str, ...] = ()
    difference: PlanDifference = PlanDifference()
    taken_by: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.lines or self.difference)


def change_of(project: Project, running: LocalDeployment) -> Change:
    """What a project has that its running twin has not."""
    after, code = plan(project.twin), user_code(project)
    code_lines = code_changes(running.code, code)
    edited = {Data(line.split(maxsplit=1)[1].partition("/")[0]) for line in code_lines}  # its folder's name
    described = project.twin != running.twin
    differing = difference(running.topology, after)
    return Change(
        lines=(*(twin_changes(running.twin, project.twin) if described else ()), *code_lines),
        difference=differing,
        taken_by=tuple(
            each.id
            for each in filter(is_wired, run_by_the_emulator(after).components)
            if each.id in differing.changed
            or (described and KINDS[each.name].data)
            or not edited.isdisjoint(KINDS[each.name].data)
        ),
        restarts=_restarts(running.topology, after, differing),
    )


def reload_project(project: Project, found: Callable[[Change], None], say: Callable[[str], None]) -> Change:
    """Take a project's changes into its running twin; `found` is given them first. Returns them.

    Raises ConfigurationError where the twin cannot take them in as it runs, or where its user code cannot be loaded:
    it goes on as it was then. Raises TwinError where a cloud is down.
    """
    running = load_deployment(project.folder)
    with changing(running.state, JOB, say), uninterrupted():
        running = load_deployment(project.folder)
        _require_able(running)
        change = change_of(project, running)
        found(change)
        if change.restarts:
            word = typed(project.folder)
            raise ConfigurationError(
                f"this needs another plan: {', '.join(change.restarts)} cannot be changed while the twin runs; "
                f"once `t2mc status {word}` shows nothing on its way, `t2mc down {word}` and `t2mc up {word}` do it"
            )
        if change:
            _take_in(prepare_again(project, running), running)
    return change


def _require_able(running: LocalDeployment) -> None:
    folder = typed(Path(running.folder))
    for site in running.sites:
        require_running(running, site.cloud)
    if running.moved:
        raise ConfigurationError(
            f"the twin runs from {running.started_as}, as the folder was called; "
            f"`t2mc down {folder}` and `t2mc up {folder}` first"
        )
    if running.runtime is Runtime.BUNDLES:
        raise ConfigurationError(
            f"the twin runs from bundles, which do not change while they run; `t2mc down {folder}`, then "
            f"`t2mc up {folder} --runtime bundles` builds new ones"
        )


def _take_in(after: LocalDeployment, before: LocalDeployment) -> None:
    client = TwinClient(after)
    taken: list[Cloud] = []
    try:
        for cloud in _order(after):
            client.reload(cloud)
            taken.append(cloud)
    except TwinError as error:
        keep(before)
        for cloud in taken:
            client.reload(cloud)
        if isinstance(error, FinalError):
            raise ConfigurationError(f"{error}; the twin goes on as it was") from error
        raise
    finally:
        client.close()
    if after.twin != before.twin and pid_of(after, DASHBOARD) is not None:
        stop(after, DASHBOARD)
        start_dashboard(after)
        wait_until_up(after, [DASHBOARD])


def _order(deployment: LocalDeployment) -> list[Cloud]:
    """The clouds, that of the processor first and that of devices last."""
    first, last = deployment.twin.placement[Slot.L2], deployment.acquisition.cloud
    others = [each.cloud for each in deployment.sites if each.cloud not in (first, last)]
    return list(dict.fromkeys((first, *others, last)))


def _restarts(before: Topology, after: Topology, differing: PlanDifference) -> tuple[str, ...]:
    """The components that come, go, are reached otherwise, or are known by another name."""
    linked = {end for link in {*before.links} ^ {*after.links} for end in (link.source, link.target)}
    exposed = {each.component for each in {*before.endpoints} ^ {*after.endpoints}}
    moved = {*differing.added, *differing.removed, *linked, *exposed}
    moved |= {each for each in differing.changed if _shape(before[each]) != _shape(after[each])}
    known = dict.fromkeys(each.id for each in (*before.components, *after.components))
    return tuple(each for each in known if each in moved)


def _shape(component: Component) -> Component:
    return msgspec.structs.replace(component, reason="", row="", environment=())

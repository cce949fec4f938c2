"""Carries out a deployment or its removal: plan, ask, remove registrations that block it, apply.

Prints nothing: it shows progress in phases, and asks the `Consent` that it was given before anything is changed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.device_files import files_of
from twin2multicloud.terraform.engine import Changes, Workspace, environment, find_engine
from twin2multicloud.terraform.rollout import Rollout


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done. `left` is the cloud that devices can no longer connect to; `registrations` go first."""

    changes: Changes
    left: Cloud | None
    registrations: int


Consent = Callable[[Planned], bool]
"""Shows the intended changes and returns whether to go ahead. May raise instead."""
Phase = Callable[[str, int | None], AbstractContextManager[Report]]
"""Opens a phase by its name and number of steps, where that is known; the report is for the time it is open."""


class _Relay:
    """The report of a workspace, which outlives the phase that it was opened in."""

    def __init__(self) -> None:
        self.report: Report = lambda _: None

    def __call__(self, event: Progress) -> None:
        self.report(event)


def carry_out(rollout: Rollout, *, destroy: bool, phase: Phase, consent: Consent) -> tuple[Workspace, Changes] | None:
    """Deploy or remove a project; returns the changes and the workspace, None without consent.

    Raises EngineError, and TwinError where registrations cannot be removed.
    """
    env, relay = environment(), _Relay()
    with phase("planning", None) as relay.report:
        workspace = rollout.workspace(find_engine(env), env, relay)
        changes = workspace.plan(destroy=destroy)
    gateway = registration.gateway_in_the_way(changes, workspace.outputs()) if changes else None
    in_the_way = list(gateway.registry.registered()) if gateway is not None else []
    left = registration.cloud_left(changes)
    if not consent(Planned(changes=changes, left=left, registrations=len(in_the_way))):
        return None
    if not changes:
        return workspace, changes
    files = files_of(rollout.project.folder)
    if gateway is not None:
        with phase("removing", len(in_the_way)) as report:
            registration.remove(gateway, files, in_the_way, report)
    with phase("applying", changes.add + changes.change + changes.remove) as relay.report:
        workspace.apply()
    if left is not None:
        files.forget(left)
    if destroy:
        rollout.forget_clouds()
    return workspace, changes

"""Carries out a deployment or its removal: plan, ask, remove what blocks it, apply, publish code and twins.

Prints nothing: it shows progress in phases, and asks the `Consent` that it was given before anything is changed.
"""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.code_update import keep_code
from twin2multicloud.operations.device_files import files_of
from twin2multicloud.operations.opening import closed, open_endpoints
from twin2multicloud.operations.publishing import publish, unpublished
from twin2multicloud.operations.twin_publishing import Full, in_the_way, missing, publish_twin, withdraw_twin
from twin2multicloud.terraform.engine import Changes, Workspace, environment, find_engine
from twin2multicloud.terraform.render.slots import addresses_of
from twin2multicloud.terraform.rollout import Rollout


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done. `left` is the cloud that devices can no longer connect to; registrations `in_the_way` go
    first. `code` names the functions whose code is published after that, where it does not come with them, `twins`
    says that the twin service gets models and twins, `opens` names the endpoints that are opened to the network."""

    changes: Changes
    left: Cloud | None
    in_the_way: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    twins: bool = False
    opens: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.changes) or bool(self.code) or self.twins or bool(self.opens)

    @property
    def registrations(self) -> int:
        """How many registrations go first."""
        return len(self.in_the_way)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, to how many functions new code was brought, what the twin service got, and the outputs of what is
    deployed now."""

    changes: Changes
    code: int = 0
    twins: int = 0
    outputs: dict[str, Any]


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


def carry_out(
    rollout: Rollout, *, destroy: bool, phase: Phase, consent: Consent, slot: Slot | None = None
) -> Done | None:
    """Deploy or remove a project, or deploy one slot of it; returns what was done, None without consent.

    What was agreed to is what is applied: the plan is kept, and nobody else may work on the deployment meanwhile.
    Raises EngineError, and TwinError where registrations cannot be removed, or where somebody else is at it.
    """
    env, relay = environment(), _Relay()
    with contextlib.ExitStack() as opened:
        with phase("planning", None) as relay.report:
            workspace = opened.enter_context(rollout.workspace(find_engine(env), env, relay))
            changes = workspace.plan(destroy=destroy, targets=_targets(rollout, slot))
        planned, gateway = _planned(rollout, workspace, changes, destroy=destroy)
        full = in_the_way(changes, workspace.outputs()) if changes else None
        if not consent(planned):
            return None
        if changes:
            _empty(full, phase)
            _apply(rollout, workspace, planned, gateway, phase, relay)
            if destroy:
                rollout.forget_clouds()
        outputs = workspace.outputs()
        codes = unpublished(rollout, outputs) if planned.code else ()
        if codes:
            with phase("publishing", len(codes)) as report:
                publish(codes, outputs, report)
        if planned.opens and (still := closed(rollout, outputs)):
            with phase("opening", len(still)) as report:
                open_endpoints(still, outputs, report)
        if not destroy:
            keep_code(rollout)
        twins = 0
        if planned.twins or (full is not None and not destroy):
            with phase("publishing twins", None) as report:
                twins = publish_twin(rollout.project.twin, outputs, report)
        return Done(changes=changes, code=len(codes), twins=twins, outputs=outputs)


def look(rollout: Rollout, *, destroy: bool, phase: Phase, slot: Slot | None = None) -> Planned:
    """What would be done. Changes nothing, on disk neither. Raises EngineError."""
    env, relay = environment(), _Relay()
    with phase("planning", None) as relay.report, rollout.looking(find_engine(env), env, relay) as workspace:
        changes = workspace.plan(destroy=destroy, targets=_targets(rollout, slot))
        return _planned(rollout, workspace, changes, destroy=destroy)[0]


def drift(rollout: Rollout, phase: Phase) -> dict[str, str]:
    """What somebody changed since it was deployed: by address how. Changes nothing. Raises EngineError."""
    env, relay = environment(), _Relay()
    with phase("looking", None) as relay.report, rollout.looking(find_engine(env), env, relay) as workspace:
        return workspace.drift()


def _targets(rollout: Rollout, slot: Slot | None) -> tuple[str, ...]:
    return () if slot is None else addresses_of(rollout.topology, rollout.config, slot)


def _planned(
    rollout: Rollout, workspace: Workspace, changes: Changes, *, destroy: bool
) -> tuple[Planned, registration.Gateway | None]:
    outputs = workspace.outputs()
    gateway = registration.gateway_in_the_way(changes, outputs) if changes else None
    registered = list(gateway.registry.registered()) if gateway is not None else []
    left = registration.cloud_left(changes)
    code = () if destroy else tuple(each.name for each in unpublished(rollout, outputs))
    twins = not destroy and missing(rollout.project.twin, outputs)
    opens = () if destroy else tuple(f"{cloud}/{each}" for cloud, each in closed(rollout, outputs))
    planned = Planned(changes=changes, left=left, in_the_way=tuple(registered), code=code, twins=twins, opens=opens)
    return planned, gateway


def _empty(full: Full | None, phase: Phase) -> None:
    if full is not None:
        with phase("removing twins", None) as report:
            withdraw_twin(full, report)


def _apply(
    rollout: Rollout,
    workspace: Workspace,
    planned: Planned,
    gateway: registration.Gateway | None,
    phase: Phase,
    relay: _Relay,
) -> None:
    changes, files = planned.changes, files_of(rollout.project.folder)
    rollout.remember()
    if gateway is not None:
        with phase("removing", planned.registrations) as report:
            registration.remove(gateway, files, list(planned.in_the_way), report)
    with phase("applying", changes.add + changes.change + changes.remove) as relay.report:
        workspace.apply()
    if planned.left is not None:
        files.forget(planned.left)

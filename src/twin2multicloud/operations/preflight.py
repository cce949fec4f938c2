"""Looks before a deployment whether it can go well: sign-in, permissions, services, quotas, names and policies.

Per cloud in use, from what would be rendered. Changes nothing, prints nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import deployed_on, label_of, renderer_of
from twin2multicloud.ports.cloud_account import CloudAccount, Needs, Obstacle
from twin2multicloud.project.places import typed
from twin2multicloud.terraform.rollout import Rollout

Open = Callable[[Cloud], CloudAccount]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at on one cloud. `problem` is a sentence, empty where it is well; `remedy` mends it.

    With `certain` False a deployment may go well all the same: it could not be seen.
    """

    cloud: Cloud
    what: str
    problem: str = ""
    remedy: str = ""
    certain: bool = True


def preflight(rollout: Rollout, open_account: Open | None = None) -> Iterator[Looked]:
    """Look at the accounts of every cloud in use; what one of them does not tell does not stop the others."""
    twin = rollout.project.twin.name

    def opened(cloud: Cloud) -> CloudAccount:
        return deployed_on(cloud).open_account(rollout.values, twin)

    for cloud, needs in needs_of(rollout).items():
        yield from _on(cloud, needs, rollout, open_account or opened)


def needs_of(rollout: Rollout) -> dict[Cloud, Needs]:
    """What the configuration takes of each cloud's account; of clouds whose renderer says it."""
    clouds = dict.fromkeys(cloud for cloud, _ in rollout.functions)
    asked = {cloud: renderer_of(cloud).needs for cloud in clouds}
    return {cloud: needs(rollout.config) for cloud, needs in asked.items() if needs is not None}


def policies(rollout: Rollout) -> dict[Cloud, Mapping[str, Any]]:
    """The policy or role that a deployer needs on each cloud, from what would be rendered. Asks no account."""
    found: dict[Cloud, Mapping[str, Any]] = {}
    for cloud, needs in needs_of(rollout).items():
        if (policy := renderer_of(cloud).policy) is not None:
            found[cloud] = policy(needs.permissions, rollout.project.twin.name)
    return found


def _on(cloud: Cloud, needs: Needs, rollout: Rollout, open_account: Open) -> Iterator[Looked]:
    try:
        account = open_account(cloud)
        yield Looked(cloud=cloud, what=account.identity())
    except TwinError as error:
        remedy = "sign in as docs/deploy.md says under Credentials; nothing else was looked at"
        yield Looked(cloud=cloud, what="sign-in", problem=str(error), remedy=remedy)
        return
    yield from _permissions(cloud, account, needs, rollout)
    what = "services, quotas, names and policies"
    obstacles: list[Obstacle] = []
    try:
        for each in account.obstacles(needs, is_new=rollout.is_new):
            obstacles.append(each)
            yield Looked(cloud=cloud, what=what, problem=each.problem, remedy=each.remedy, certain=each.certain)
    except TwinError as error:
        remedy = f"the right to look at them on {label_of(cloud)}"
        yield Looked(cloud=cloud, what=what, problem=f"could not all be seen: {error}", remedy=remedy, certain=False)
    else:
        if not obstacles:
            yield Looked(cloud=cloud, what=what)


def _permissions(cloud: Cloud, account: CloudAccount, needs: Needs, rollout: Rollout) -> Iterator[Looked]:
    what = f"{len(needs.permissions):,} permissions"
    emit = f"t2mc preflight {typed(rollout.project.folder)} --emit-policy --cloud {cloud}"
    try:
        missing = account.missing(needs.permissions)
    except TwinError as error:
        problem, remedy = f"could not be seen: {error}", f"`{emit}` prints what is needed"
        yield Looked(cloud=cloud, what=what, problem=problem, remedy=remedy, certain=False)
        return
    if missing:
        problem = f"{len(missing):,} of {len(needs.permissions):,} are missing: {_by_service(missing)}"
        yield Looked(cloud=cloud, what=what, problem=problem, remedy=f"give the deployer what `{emit}` prints")
        return
    yield Looked(cloud=cloud, what=what)


def _by_service(permissions: Sequence[str]) -> str:
    """Permissions for a person, those of one service together."""

    def service(permission: str) -> str:
        return next((permission.split(sign)[0] for sign in (":", "/", ".") if sign in permission), permission)

    groups = groupby(sorted(permissions, key=lambda each: (service(each), each)), key=service)
    return "; ".join(", ".join(group) for _, group in groups)

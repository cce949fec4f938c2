"""Replaces the token between clouds while everything runs: two are valid meanwhile, so that nothing is refused.

Three deployments of the secret's text, with a pause in which every function has read it again (`hosting.rotation`):
``old,new``, so that all accept the new one; ``new,old``, so that all send it; ``new``. One that was interrupted is gone
on with. Prints nothing.
"""

from collections.abc import Callable, Iterator, Mapping

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.hosting.rotation import KEPT_SECONDS
from twin2multicloud.operations.deployment import Consent, Phase, carry_out
from twin2multicloud.project.loader import Project
from twin2multicloud.terraform.render.render import TOKEN_ORDER, TOKEN_TURNS
from twin2multicloud.terraform.rollout import chosen, deployed

PAUSE_SECONDS = KEPT_SECONDS + 60.0
"""Between two steps: what functions keep, and what the slowest secret store takes."""


def rotation_steps(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables of each step from where a deployment is now."""
    turns = dict(zip("ab", (int(values[name]) for name in TOKEN_TURNS), strict=True))
    order = values[TOKEN_ORDER].split(",")
    if len(order) == 1:
        (old,) = order
        new = "b" if old == "a" else "a"
        turns[new] = turns[old] + 1
        yield {TOKEN_ORDER: f"{old},{new}", **dict(zip(TOKEN_TURNS, map(str, turns.values()), strict=True))}
        order = [old, new]
    newest = max(order, key=lambda each: turns[each])
    other = "b" if newest == "a" else "a"
    if order[0] != newest:
        yield {TOKEN_ORDER: f"{newest},{other}"}
    yield {TOKEN_ORDER: newest}


def rotate(project: Project, phase: Phase, consent: Consent, sleep: Callable[[float], None]) -> bool:
    """Carry a rotation out; whether it was, or was refused by `consent`, which is asked once.

    Raises ConfigurationError where no token is in use, EngineError.
    """
    values = deployed(project).values
    if TOKEN_ORDER not in values:
        raise ConfigurationError(f"{project.twin.name} crosses no clouds, so it has no token to rotate")
    agreed = False
    for number, step in enumerate(rotation_steps(values)):
        if number:
            with phase(f"waiting {PAUSE_SECONDS:.0f} s until every function has read it", None):
                sleep(PAUSE_SECONDS)
        done = carry_out(
            chosen(project, step), destroy=False, phase=phase, consent=(lambda _: True) if agreed else consent
        )
        if done is None:
            return False
        agreed = True
    return True

"""One history of a seed, run and judged; and the smallest part of it that still fails."""

import gc
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from twin2multicloud.project.loader import Project
from twin2multicloud.proving.check import Finding, check
from twin2multicloud.proving.running_cloud import MakeMachine
from twin2multicloud.proving.schedule import schedule
from twin2multicloud.proving.simulated_machine import SimulatedMachine
from twin2multicloud.proving.steps import AnyStep
from twin2multicloud.proving.world import Rest, World, quiet_log

_MEMORY = Path("/dev/shm")  # noqa: S108 - nothing there outlives the run; a sync costs nothing


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a history. `digest` is the same for the same history."""

    seed: int
    steps: Sequence[AnyStep]
    findings: Sequence[Finding]
    digest: str
    lines: Sequence[str]
    counts: Counter[str]
    seconds: float
    """How long it was, by the virtual clock."""

    rest: Rest = msgspec.field(default_factory=Rest)
    """Empty over processes."""

    @property
    def holds(self) -> bool:
        """Whether everything acknowledged is where it belongs."""
        return not self.findings


def prove_seed(
    project: Project,
    seed: int,
    *,
    minutes: float,
    only: Collection[int] | None = None,
    make_machine: MakeMachine = SimulatedMachine,
) -> Outcome:
    """Run the history of a seed; `only` the steps of these numbers, where it is given."""
    steps = [step for step in schedule(project.twin, seed, minutes) if only is None or step.number in only]
    return run_steps(project, seed, steps, make_machine)


def run_steps(
    project: Project, seed: int, steps: Sequence[AnyStep], make_machine: MakeMachine = SimulatedMachine
) -> Outcome:
    """Run a history: these steps in the order of their times. The seed decides what they leave open."""
    with (
        quiet_log(),
        tempfile.TemporaryDirectory(prefix="t2mc-prove-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder,
    ):
        world = World(project.twin, project.folder, Path(folder), seed, make_machine)
        try:
            found = world.run(steps)
        finally:
            world.close()
        findings = [Finding("unsettled", sentence) for sentence in world.unsettled] + check(world.ledger, found)
        outcome = Outcome(
            seed=seed,
            steps=steps,
            findings=findings,
            digest=world.history.digest,
            lines=world.history.lines,
            counts=world.history.counts,
            seconds=world.turns.now,
            rest=world.rest,
        )
    del world
    gc.collect()
    return outcome


def shrink(
    project: Project,
    outcome: Outcome,
    *,
    minutes: float,
    make_machine: MakeMachine = SimulatedMachine,
    say: Callable[[str], None] = lambda _: None,
    most: int = 200,
) -> Outcome:
    """The smallest part of a failing history that fails alike, within `most` further runs (delta debugging)."""
    smallest, parts, runs = outcome, 2, 0
    kinds = {min(finding.kind for finding in outcome.findings)}  # of several, one: the smallest history has one cause
    while len(smallest.steps) > 1 and runs < most:
        numbers = [step.number for step in smallest.steps]
        size = -(-len(numbers) // parts)
        for start in range(0, len(numbers), size):
            rest = frozenset(numbers[:start] + numbers[start + size :])
            runs += 1
            tried = prove_seed(project, outcome.seed, minutes=minutes, only=rest, make_machine=make_machine)
            if kinds & {finding.kind for finding in tried.findings}:
                smallest, parts = tried, max(2, parts - 1)
                say(f"seed {outcome.seed}: fails with {len(tried.steps)} steps")
                break
            if runs >= most:
                break
        else:
            if size == 1:
                break
            parts = min(len(numbers), 2 * parts)
    return smallest

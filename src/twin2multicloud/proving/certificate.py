"""The histories of many seeds, run beside each other, and their report as a value. Prints nothing."""

import hashlib
import multiprocessing
import os
import platform
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from twin2multicloud import __version__
from twin2multicloud.domain.placement import Slot
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.proving.check import Finding
from twin2multicloud.proving.processes import prove_processes
from twin2multicloud.proving.proof import Outcome, prove_seed, shrink
from twin2multicloud.proving.steps import said


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest failing history of a seed: the numbers of its steps, what happened, and what is wrong then."""

    seed: int
    steps: list[int]
    history: list[str]
    findings: list[str]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was run, and what came of it. `figures` are of all histories together; `digest` is the same for the same."""

    project: str
    placement: str
    mode: str
    versions: dict[str, str]
    first_seed: int
    seeds: int
    minutes: float
    hours: float
    """Of virtual time, or of real time where processes ran."""

    figures: dict[str, int]
    digest: str
    """Empty over processes."""

    failure: Failure | None

    @property
    def holds(self) -> bool:
        """Whether no history failed."""
        return self.failure is None


def prove(
    folder: Path,
    seeds: Iterable[int],
    *,
    minutes: float,
    only: Sequence[int] | None = None,
    jobs: int | None = None,
    processes: bool = False,
    report: Callable[[Outcome], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Certificate:
    """Run the histories of seeds, in their order; the first that fails ends it, and is made as small as it gets.

    `only`: the steps of these numbers. `processes`: over real processes, one seed after the other, in real time; what
    fails there is not made smaller, since it is not the same a second time. Raises InvalidProjectError, TwinError.
    """
    project, wanted = load_project(folder), list(seeds)
    outcomes: list[Outcome] = []
    histories: Iterable[Outcome]
    if processes:
        histories = (prove_processes(project, seed, minutes=minutes) for seed in wanted)
    else:
        histories = _outcomes(folder, wanted, minutes, only, jobs or os.cpu_count() or 1)
    for outcome in histories:
        outcomes.append(outcome)
        report(outcome)
        if not outcome.holds:
            break
    failed = next((each for each in outcomes if not each.holds), None)
    if failed is not None and not processes:
        failed = shrink(project, failed, minutes=minutes, say=say)
    return Certificate(
        project=project.twin.name,
        placement=placement_of(project),
        mode="processes" if processes else "one process, virtual clock",
        versions=versions(),
        first_seed=wanted[0],
        seeds=len(outcomes),
        minutes=minutes,
        hours=round(sum(each.seconds for each in outcomes) / 3600, 1),
        figures=dict(sorted(sum((each.counts for each in outcomes), Counter[str]()).items())),
        digest="" if processes else digest_of(each.digest for each in outcomes),
        failure=None if failed is None else failure_of(failed),
    )


def failure_of(outcome: Outcome) -> Failure:
    """A failing history as it is reported."""
    return Failure(
        seed=outcome.seed,
        steps=[step.number for step in outcome.steps],
        history=[f"at {step.at:.3f} s  {said(step)}" for step in outcome.steps] + ["", *outcome.lines],
        findings=[sentence(finding) for finding in outcome.findings],
    )


def placement_of(project: Project) -> str:
    """Which cloud has which slot."""
    return ", ".join(f"{slot} {project.twin.placement[slot]}" for slot in Slot)


def versions() -> dict[str, str]:
    """What a certificate is about."""
    return {
        "twin2multicloud": __version__,
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
    }


def digest_of(digests: Iterable[str]) -> str:
    """One digest of many."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


def _outcomes(
    folder: Path, seeds: list[int], minutes: float, only: Sequence[int] | None, jobs: int
) -> Iterator[Outcome]:
    run = partial(_run, folder, minutes, only)
    if jobs == 1 or len(seeds) == 1:
        yield from map(run, seeds)
        return
    context = multiprocessing.get_context("spawn")  # a fork would take along threads and what they hold
    with ProcessPoolExecutor(min(jobs, len(seeds)), mp_context=context) as pool:
        try:
            yield from pool.map(run, seeds)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _run(folder: Path, minutes: float, only: Sequence[int] | None, seed: int) -> Outcome:
    return prove_seed(load_project(folder), seed, minutes=minutes, only=only)


def sentence(finding: Finding) -> str:
    """A finding with where it comes from."""
    return finding.sentence if finding.step is None else f"{finding.sentence} (sent by step {finding.step})"

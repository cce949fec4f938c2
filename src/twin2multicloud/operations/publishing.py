"""Brings code to the functions of a deployed twin where it does not come with them: what changed, and nothing else."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.planning.clouds import deployed_on, pack
from twin2multicloud.terraform.rollout import Rollout

JOB, PUBLISHED = "deploy", "published"
"""Our own kind of event: a function runs new code."""
_AT_ONCE = 4


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One function's archive that is to be published."""

    cloud: Cloud
    function: str
    archive: Path
    digest: str

    @property
    def name(self) -> str:
        """For people: ``azure/hot-reader``."""
        return f"{self.cloud}/{self.function}"


def unpublished(rollout: Rollout, outputs: Mapping[str, Any]) -> tuple[Code, ...]:
    """The functions that do not run the project's archives, where code does not come with them; in plan order.

    Raises ConfigurationError where their cloud does not let us look, RetryableError.
    """
    return tuple(_unpublished(rollout, outputs))


def _unpublished(rollout: Rollout, outputs: Mapping[str, Any]) -> Iterator[Code]:
    functions = list(rollout.functions)
    for cloud in dict.fromkeys(cloud for cloud, _ in functions if _publishes(cloud)):
        publisher = deployed_on(cloud).open_publisher(outputs) if f"{cloud}_apps" in outputs else None
        published = publisher.published() if publisher is not None else {}
        for function in (name for place, name in functions if place == cloud):
            archive = rollout.bundles / cloud / f"{function}.zip"
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:_DIGITS]
            if published.get(function) != digest:
                yield Code(cloud=cloud, function=function, archive=archive, digest=digest)


def _publishes(cloud: Cloud) -> bool:
    deployed = pack(cloud).deployed
    return deployed is not None and bool(deployed.publisher)


_DIGITS = 32


def publish(codes: Sequence[Code], outputs: Mapping[str, Any], report: Report) -> None:
    """Publish them, some at once, and report each. Raises TwinError for the first that fails, once all were tried."""
    publishers = {cloud: deployed_on(cloud).open_publisher(outputs) for cloud in {each.cloud for each in codes}}

    def one(code: Code) -> Code:
        publisher = publishers[code.cloud]
        assert publisher is not None, code.name  # noqa: S101 - `unpublished` gives no others
        publisher.publish(code.function, code.archive.read_bytes(), code.digest)
        return code

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = [pool.submit(one, each) for each in codes]
        failures = []
        for each in as_completed(running):
            if (failure := each.exception()) is not None:
                failures.append(failure)
            else:
                report(Progress(job=JOB, kind=PUBLISHED, message="", address=each.result().name))
    for failure in failures:
        raise failure

"""Opens endpoints after an apply, where the user chose so: some organisations forbid how a deployment does it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations.publishing import JOB
from twin2multicloud.planning.clouds import deployed_on, pack
from twin2multicloud.terraform.rollout import Rollout

OPENED, UNCHECKED = "opened", "unchecked"
"""Our own kind of event; and the value of ``<cloud>_open`` that leaves the opening to us."""

Closed = tuple[Cloud, str]


def closed(rollout: Rollout, outputs: Mapping[str, Any]) -> tuple[Closed, ...]:
    """The endpoints that are to be opened; before the first apply all of them. Raises RetryableError,
    ConfigurationError.
    """
    return tuple(_closed(rollout, outputs))


def open_endpoints(endpoints: Sequence[Closed], outputs: Mapping[str, Any], report: Report) -> None:
    """Open them, and report each. Raises RetryableError, ConfigurationError, FinalError."""
    for cloud, function in endpoints:
        deployed_on(cloud).open_opener(outputs).open(function)
        report(Progress(job=JOB, kind=OPENED, message="", address=f"{cloud}/{function}"))


def _closed(rollout: Rollout, outputs: Mapping[str, Any]) -> Iterator[Closed]:
    for cloud in rollout.topology.placement.clouds:
        deployed, output = pack(cloud).deployed, f"{cloud}_open_services"
        if deployed is None or not deployed.opener or rollout.values.get(f"{cloud}_open") != UNCHECKED:
            continue
        if output in outputs:
            yield from ((cloud, each) for each in deployed.open_opener(outputs).closed())
        else:
            yield from ((cloud, each) for each in rollout.config["output"].get(output, {}).get("value", {}))

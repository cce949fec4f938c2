"""Brings models and twins to the twin service of a deployed twin, where that does not read the project itself."""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.domain.twin import Twin
from twin2multicloud.operations.publishing import JOB, PUBLISHED
from twin2multicloud.operations.twin_models import export
from twin2multicloud.planning.clouds import known_clouds, pack
from twin2multicloud.ports.twin_publisher import TwinPublisher
from twin2multicloud.terraform.engine import Changes

WITHDRAWN = "withdrawn"
"""Our own kind of event: something was removed from a twin service that is deleted next."""


def is_published(twin: Twin) -> bool:
    """Whether L4's service takes models and twins of its own."""
    deployed = pack(twin.placement[Slot.L4]).deployed
    return deployed is not None and bool(deployed.twins)


def missing(twin: Twin, outputs: Mapping[str, Any]) -> bool:
    """Whether the service lacks something of the project; true too while it is not deployed.

    Raises ConfigurationError where its cloud does not let us look, RetryableError, FinalError for a twin that is too
    large.
    """
    if not is_published(twin):
        return False
    publisher = _publisher(twin, outputs)
    return publisher is None or publisher.missing(_exported(twin)) > 0


def publish_twin(twin: Twin, outputs: Mapping[str, Any], report: Report) -> int:
    """Bring the service what it lacks, and report each request; how many there were. Raises TwinError."""
    publisher = _publisher(twin, outputs)
    if publisher is None:
        return 0
    one = Progress(job=JOB, kind=PUBLISHED, message="", address=f"{twin.placement[Slot.L4]}/twin-service")
    return publisher.publish(_exported(twin), lambda: report(one))


class Full(msgspec.Struct, frozen=True):
    """A twin service that is to be deleted, and has to be emptied before."""

    cloud: Cloud
    publisher: TwinPublisher


def in_the_way(changes: Changes, outputs: Mapping[str, Any]) -> Full | None:
    """The twin service that must be emptied before a plan can be applied, if any."""
    for cloud in known_clouds():
        deployed = pack(cloud).deployed
        if deployed is None or f"{cloud}_twin_service" not in outputs or not changes.goes(deployed.twins_in):
            continue
        publisher = deployed.open_twins(outputs)
        return None if publisher is None else Full(cloud, publisher)
    return None


def withdraw_twin(full: Full, report: Report) -> int:
    """Empty a twin service, and report each request; how many there were. Raises TwinError."""
    one = Progress(job=JOB, kind=WITHDRAWN, message="", address=f"{full.cloud}/twin-service")
    return full.publisher.withdraw(lambda: report(one))


def _publisher(twin: Twin, outputs: Mapping[str, Any]) -> TwinPublisher | None:
    cloud = twin.placement[Slot.L4]
    deployed = pack(cloud).deployed
    return None if deployed is None or f"{cloud}_twin_service" not in outputs else deployed.open_twins(outputs)


def _exported(twin: Twin) -> Mapping[str, Any]:
    found: Mapping[str, Any] = export(twin, twin.placement[Slot.L4])
    return found

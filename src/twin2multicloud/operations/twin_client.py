"""Client of a running twin: reads through the reader's endpoint where there is one, status, dead letters, errors.

Used by the CLI, the dashboard and the checks. Owns no view of its own: what it returns is what the clouds say.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.components import home
from twin2multicloud.domain.errors import ErrorEvent, RetryableError
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.emulator.adapters.dead_letter_queues import EmulatedDeadLetterQueues
from twin2multicloud.emulator.adapters.invocation import OPERATOR_HEADER, EmulatedInvocation
from twin2multicloud.emulator.delivery.rejections import Rejection
from twin2multicloud.emulator.delivery.runs import Run
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_secrets, run_by_the_emulator
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus, EndpointTraffic, FunctionTraffic
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.dead_letters import LetterGroup, Selection, TwinLetters, grouped
from twin2multicloud.operations.error_events import ADMIN, ErrorGroup, grouped_errors, read_errors
from twin2multicloud.operations.events import TwinEvents, has_events
from twin2multicloud.planning.connector_rules import reading_kinds
from twin2multicloud.planning.topology import Boundary
from twin2multicloud.wire.calls import post
from twin2multicloud.wire.http_transport import HttpTransport

_READ_LETTERS, _READ_ERRORS, _READ_EVENTS = 5_000, 1_000, 20  # for the page; of letters and errors, of each cloud


class TwinClient(HotReaders):
    """One running twin, its hot readers first. Blocking; safe to share between threads.

    Raises TwinError with what a cloud answered.
    """

    def __init__(self, deployment: LocalDeployment) -> None:
        self._deployment = deployment
        self._secrets = load_secrets(Path(deployment.folder))
        self._transport = HttpTransport()
        super().__init__(self.invocation(deployment.twin.placement[Slot.L3_HOT]))

    def close(self) -> None:
        """Close its connections."""
        self._transport.close()

    # --- status --------------------------------------------------------------------------------------------------

    def statuses(self) -> tuple[CloudStatus, ...]:
        """The status of every cloud in use; one that does not answer has ``running=False``."""
        return tuple(self._status(site.cloud) for site in self._deployment.sites)

    def boundaries(self, statuses: Sequence[CloudStatus] | None = None) -> tuple[BoundaryStatus, ...]:
        """Every boundary of the plan with what has passed it; those that are not run here have ``running=False``."""
        known = {status.cloud: status for status in (statuses if statuses is not None else self.statuses())}
        return tuple(self._boundary(each, known) for each in self._deployment.topology.boundaries)

    def rejections(self) -> dict[Cloud, list[Rejection]]:
        """What the device service of each cloud refused since it started, by kind, the latest first."""
        by_cloud = {}
        for site in self._deployment.sites:
            with suppress(RetryableError):  # down: `statuses` says so
                rows = self._operator(site.cloud, "rejected")["rejections"]
                by_cloud[site.cloud] = msgspec.convert(rows, list[Rejection])
        return by_cloud

    def runs(self, *, trace_id: str, device: str, timestamp: str) -> tuple[dict[Cloud, list[Run]], list[Cloud]]:
        """The runs that had readings of a trace, or of a device and time, and the clouds that do not answer."""
        wanted = {"trace_id": trace_id, "device": device, "timestamp": timestamp}
        found, dark = dict[Cloud, list[Run]](), list[Cloud]()
        for site in self._deployment.sites:
            try:
                found[site.cloud] = msgspec.convert(self._operator(site.cloud, "runs", wanted)["runs"], list[Run])
            except RetryableError:
                dark.append(site.cloud)
        return found, dark

    # --- what was kept -------------------------------------------------------------------------------------------

    @property
    def letters(self) -> TwinLetters:
        """The dead letters of every cloud."""
        clouds = [site.cloud for site in self._deployment.sites]
        queues = {cloud: EmulatedDeadLetterQueues(partial(self._operator, cloud)) for cloud in clouds}
        return TwinLetters(self._deployment.topology, queues)

    def errors(self, most: int, since: str = "") -> tuple[list[ErrorEvent], list[Cloud]]:
        """The newest error events of all clouds, see `read_errors`."""
        there = {each.cloud for each in run_by_the_emulator(self._deployment.topology).components if each.name == ADMIN}
        sites = (site.cloud for site in self._deployment.sites if site.cloud in there)
        return read_errors({cloud: self.invocation(cloud) for cloud in sites}, most, since)

    def kept(self) -> tuple[list[LetterGroup], list[ErrorGroup]]:
        """Dead letters and the newest error events, each by reason; of clouds that do not answer there are none."""
        letters, _ = self.letters.find(Selection(), _READ_LETTERS)
        return grouped(letters), grouped_errors(self.errors(_READ_ERRORS)[0])

    def events(self) -> list[KeptEvent]:
        """The newest events of its rules, newest first; none where it has no rules."""
        found = self._twin_events()
        return [] if found is None else found.newest(_READ_EVENTS)

    def acknowledge(self, event_id: str, note: str) -> bool:
        """Note that somebody has seen an event; False where somebody had before. Raises as `TwinEvents.acknowledge`."""
        found = self._twin_events()
        return found is not None and found.acknowledge(event_id, note)

    def _twin_events(self) -> TwinEvents | None:
        topology = self._deployment.topology
        return TwinEvents(self.invocation(topology.placement[Slot.L2])) if has_events(topology) else None

    def _status(self, cloud: Cloud) -> CloudStatus:
        try:
            return msgspec.convert(self._operator(cloud, "status"), CloudStatus)
        except RetryableError:
            return CloudStatus(cloud=cloud, running=False)

    def _boundary(self, boundary: Boundary, known: Mapping[Cloud, CloudStatus]) -> BoundaryStatus:
        running = run_by_the_emulator(self._deployment.topology).carries(boundary)
        queues = [queue for status in known.values() for queue in status.queues if queue.boundary == boundary.name]
        # The first queue of a boundary is on the source's side: messages done there have crossed it.
        first = known[boundary.source_cloud].queues if boundary.source_cloud in known else ()
        crossing = next((queue for queue in first if queue.boundary == boundary.name), None)
        if crossing:
            counted = _from_queue(crossing, queues)
        elif moved := _MOVED.get((boundary.source, boundary.target)):
            counted = _from_tiers(moved, known.values())
        else:
            counted = self._from_reads(boundary, known)
        return BoundaryStatus(
            name=boundary.name,
            locality=boundary.locality,
            source_cloud=boundary.source_cloud,
            target_cloud=boundary.target_cloud,
            running=running,
            known=known[boundary.source_cloud].running if boundary.source_cloud in known else False,
            **(counted if running else {}),
        )

    def _from_reads(self, boundary: Boundary, known: Mapping[Cloud, CloudStatus]) -> dict[str, Any]:
        """Reads cross a boundary backwards: requests go in, answers come out."""
        status = known.get(boundary.source_cloud)
        reads: list[EndpointTraffic] = []
        if status is not None:
            readers = [kind for kind in reading_kinds() if home(kind) is boundary.source]
            reads = [each for each in status.endpoints if each.function in readers]
        timed = max(reads, key=lambda each: each.requests, default=None)
        return {
            "messages_in": sum(each.requests for each in reads),
            "messages_out": sum(each.requests - each.refused for each in reads),
            "p50_ms": timed.p50_ms if timed else None,
            "p99_ms": timed.p99_ms if timed else None,
        }

    # --- reads ---------------------------------------------------------------------------------------------------

    def run_due(self) -> None:
        """Run the schedules that are due by the clouds' clock, along the data's way; returns when they have run."""
        placement = self._deployment.twin.placement
        for cloud in dict.fromkeys((placement.l3_hot, placement.l3_cold, placement.l3_archive)):
            self._operator(cloud, "run-due")

    def reload(self, cloud: Cloud) -> None:
        """Let a cloud take in the deployment's file. Raises FinalError where it cannot, with the reason."""
        self._operator(cloud, "reload")

    def invocation(self, cloud: Cloud) -> EmulatedInvocation:
        """Calls the functions of one cloud."""
        deployment, secrets = self._deployment, self._secrets
        served = {each.component: deployment.url_of(each.component) for each in deployment.topology.endpoints}
        functions = {each.name: served.get(each.id) for each in deployment.topology.on(cloud)}
        url = deployment.site(cloud).http_url
        return EmulatedInvocation(url, secrets.operator_key, secrets.token, functions, self._transport)

    def _operator(self, cloud: Cloud, call: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._deployment.site(cloud).http_url}/_cloud/{call}"
        headers = {OPERATOR_HEADER: self._secrets.operator_key}
        return post(self._transport, url, headers, f"{cloud} {call}", arguments or {})


_MOVED = {
    (Slot.L3_HOT, Slot.L3_COLD): (Slot.L3_COLD, Slot.L3_ARCHIVE),
    (Slot.L3_COLD, Slot.L3_ARCHIVE): (Slot.L3_ARCHIVE,),
}
"""Boundaries that movers cross, and where what crossed them is."""


def _from_tiers(slots: Sequence[Slot], statuses: Iterable[CloudStatus]) -> dict[str, Any]:
    readings = sum(tier.readings for status in statuses for tier in status.tiers if tier.slot in slots)
    return {"messages_in": readings, "messages_out": readings}


def _from_queue(crossing: FunctionTraffic, queues: Sequence[FunctionTraffic]) -> dict[str, Any]:
    return {
        "messages_in": crossing.received,
        "messages_out": crossing.done,
        "dead_lettered": sum(queue.dead_lettered for queue in queues),
        "open": any(queue.open for queue in queues),
        "p50_ms": crossing.p50_ms,
        "p99_ms": crossing.p99_ms,
    }

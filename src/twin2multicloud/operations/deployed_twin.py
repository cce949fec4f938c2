"""A project's twin on real clouds: plan, apply, destroy, read, register devices. Asks by a callback, prints nothing.

What each does is in `operations.deployment` and `terraform.rollout`; this keeps what was chosen between the calls.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin2multicloud.domain.device import PROBE, DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError, ErrorEvent, RetryableError
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.domain.twin import Twin
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.current_bundles import require_current_bundles
from twin2multicloud.operations.dead_letters import TwinLetters
from twin2multicloud.operations.deployment import Consent, carry_out, look
from twin2multicloud.operations.device_files import files_of
from twin2multicloud.operations.device_registration import Gateway, deployed_gateway
from twin2multicloud.operations.error_events import read_errors
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.planning.clouds import deployed_on, label_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.twin_graph import TwinGraph
from twin2multicloud.project.loader import Project, load_project
from twin2multicloud.terraform.engine import Changes, environment
from twin2multicloud.terraform.render.render import Backend
from twin2multicloud.terraform.rollout import Rollout, chosen, deployed, deployed_outputs


class Deployment(OperatedTwin):
    """A project on AWS, Azure and Google Cloud, through OpenTofu or Terraform. Credentials are those of the providers.

    `variables` are Terraform's (``aws_region``, ``gcp_project`` …), `backend` is where state is kept, `bundles` where
    archives are made by `package`; omitted options are those of the last deployment. `report` receives progress.
    Methods raise ConfigurationError for a choice that does not fit or an archive that is missing, and EngineError, a
    TwinError, with what the engine said.

    >>> deployment = Deployment("examples/smart-home", variables={"gcp_project": "a-project"})
    >>> deployment.plan().remove
    0
    """

    def __init__(
        self,
        project: Project | Path | str,
        *,
        variables: Mapping[str, str] | None = None,
        backend: Backend | None = None,
        bundles: Path | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self.project = project if isinstance(project, Project) else load_project(project)
        self._variables, self._backend, self._bundles, self._report = variables or {}, backend, bundles, report
        self.files = files_of(self.project.folder)
        self.gateway_label = label_of(self.project.twin.placement[Slot.L1])

    def plan(self, *, destroy: bool = False) -> Changes:
        """What `apply`, or `destroy`, would change, in resources. Changes nothing."""
        return look(self._rollout(destroy=destroy), destroy=destroy, phase=self._phase).changes

    def apply(self, *, consent: Consent) -> Changes | None:
        """Deploy the twin; returns what was changed, None if `consent`, which is asked first, refuses."""
        return self._carry_out(consent, destroy=False)

    def destroy(self, *, consent: Consent) -> Changes | None:
        """Remove the whole deployment, data included; returns what was changed, None if `consent` refuses."""
        return self._carry_out(consent, destroy=True)

    def outputs(self) -> dict[str, Any]:
        """Addresses of the deployment, by output: endpoints, device hosts, stores."""
        return deployed_outputs(self.project, environment())

    @property
    def catalog(self) -> DeviceCatalog:
        """See `ReadableTwin`."""
        return self.project.twin.catalog

    @property
    def placement(self) -> Placement:
        """See `OperatedTwin`."""
        return self.project.twin.placement

    def invocation(self, cloud: Cloud) -> Invocation:
        """See `OperatedTwin`."""
        return _invocation(self.project.twin, cloud, self.outputs())

    @property
    def readers(self) -> HotReaders:
        """See `ReadableTwin`."""
        return open_readers(self.project.twin, self.outputs())

    @property
    def gateway(self) -> Gateway:
        """See `OperatedTwin`."""
        return deployed_gateway(self.project.twin, self.outputs())

    @property
    def topology(self) -> Topology:
        """See `OperatedTwin`."""
        return plan(self.project.twin)

    @property
    def endpoints(self) -> Mapping[str, str]:
        """See `OperatedTwin`."""
        outputs = self.outputs()
        urls = {cloud: outputs.get(f"{cloud}_endpoints", {}) for cloud in self.placement.clouds}
        return {
            f"{cloud}.{function}": url
            for cloud, functions in urls.items()
            for function, url in functions.items()
            if f"{cloud}.{function}" in self.topology
        }

    @contextmanager
    def probe(self) -> Iterator[Callable[[bytes], None]]:
        """See `OperatedTwin`. It is registered as any device; what an ended call left of it is replaced."""
        from twin2multicloud.fleet.publish_once import publish_once  # imports the MQTT client

        gateway = self.gateway
        gateway.registry.remove([PROBE])
        try:
            (made,) = gateway.registry.register([PROBE])
            connection = gateway.connection(PROBE)
            key = deployed_on(gateway.cloud).key_of(connection, made.files, time.time())
            yield lambda body: _patiently(lambda: publish_once(connection, key, body))
        finally:
            gateway.registry.remove([PROBE])

    @property
    def graph(self) -> TwinGraph:
        """See `OperatedTwin`."""
        cloud, outputs = self.placement[Slot.L4], self.outputs()
        graph = deployed_on(cloud).open_graph(outputs) if f"{cloud}_twin_service" in outputs else None
        if graph is None:
            raise ConfigurationError(f"no twin service of this twin is deployed on {label_of(cloud)} yet")
        return graph

    @property
    def letters(self) -> TwinLetters:
        """See `OperatedTwin`. Raises ConfigurationError where nothing is deployed."""
        topology, outputs = plan(self.project.twin), self.outputs()
        there = [cloud for cloud in topology.placement.clouds if f"{cloud}_dead_letters" in outputs]
        if not there:
            raise ConfigurationError(f"{topology.twin} has no dead-letter queues yet; run `t2mc deploy` first")
        return TwinLetters(topology, {cloud: deployed_on(cloud).open_dead_letters(outputs) for cloud in there})

    def errors(self, most: int, since: str = "") -> tuple[list[ErrorEvent], list[Cloud]]:
        """See `OperatedTwin`. Raises ConfigurationError where nothing is deployed."""
        outputs = self.outputs()
        clouds = [each for each in self.placement.clouds if f"{each}_called" in outputs]
        if not clouds:
            raise ConfigurationError(f"{self.project.twin.name} has no error tables yet; run `t2mc deploy` first")
        twin = self.project.twin
        return read_errors({cloud: _invocation(twin, cloud, outputs) for cloud in clouds}, most, since)

    def _rollout(self, *, destroy: bool) -> Rollout:
        if destroy:
            return deployed(self.project)
        rollout = chosen(self.project, self._variables, self._bundles, self._backend)
        require_current_bundles(rollout)
        return rollout

    def _carry_out(self, consent: Consent, *, destroy: bool) -> Changes | None:
        done = carry_out(self._rollout(destroy=destroy), destroy=destroy, phase=self._phase, consent=consent)
        return None if done is None else done.changes

    @contextmanager
    def _phase(self, doing: str, _: int | None) -> Iterator[Report]:
        """A phase is reported by its name, then what happens in it."""
        self._report(Progress(job="deploy", kind="phase", message=doing))
        yield self._report


_PAUSES = (2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts to publish: a device that was registered just now may not be known everywhere yet."""


def _patiently(publish: Callable[[], None]) -> None:
    for pause in _PAUSES:
        try:
            publish()
        except RetryableError:
            time.sleep(pause)
        else:
            return
    publish()


def open_readers(twin: Twin, outputs: Mapping[str, Any]) -> HotReaders:
    """The readers on the cloud that holds L3-hot. Raises ConfigurationError where they are not deployed there."""
    return HotReaders(_invocation(twin, twin.placement[Slot.L3_HOT], outputs))


def _invocation(twin: Twin, cloud: Cloud, outputs: Mapping[str, Any]) -> Invocation:
    if f"{cloud}_called" not in outputs:
        raise ConfigurationError(
            f"no function of {twin.name} that can be called is deployed on {label_of(cloud)}; run `t2mc deploy` first"
        )
    return deployed_on(cloud).open_invocation(outputs)

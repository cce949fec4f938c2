"""Carrying out a deployment without a terminal or an engine: what is shown, refused and done, and in what order."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rigs.clouds import AWS
from tests.rigs.device_registry import RigDeviceRegistry
from tests.rigs.twins import twin
from twin2multicloud.clouds.aws import device_registry
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.operations.deployment import Done, Planned, carry_out
from twin2multicloud.operations.device_files import files_of
from twin2multicloud.planning.clouds import deployed_on
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import Project
from twin2multicloud.terraform.engine import CHOICE, Changes

OUTPUTS = {"twin": "house", "aws_device_policy": "house-devices", "aws_device_endpoint": "a1.iot.amazonaws.com"}
ADD = Changes(add=1, addresses={"aws_lambda_function.dispatcher": "create"})
LEAVE = Changes(remove=2, addresses={"aws_iot_policy.devices": "delete", "aws_iot_topic_rule.device_gateway": "delete"})


class RigWorkspace:
    """A `Workspace` on one page: writes down what it is asked to do, and tells of one resource while it applies."""

    def __init__(self, done: list[str], changes: Changes) -> None:
        self._done, self._changes = done, changes
        self.tell: Report = lambda _: None

    def plan(self, *, destroy: bool, targets: Sequence[str] = ()) -> Changes:
        assert not targets
        self._done.append("plan a removal" if destroy else "plan")
        return self._changes

    def apply(self) -> None:
        self._done.append("apply")
        self.tell(Progress(job="deploy", kind="apply_complete", message="", address="a.b"))

    def outputs(self) -> dict[str, str]:
        return OUTPUTS


class RigRollout:
    """A `Rollout` of one project."""

    def __init__(self, folder: Path, changes: Changes) -> None:
        self.topology = plan(twin(Placement.single(AWS)))
        self.project = Project(folder=folder, twin=twin(Placement.single(AWS)), notes=(), processors={})
        self.done: list[str] = []
        self.functions: list[tuple[Cloud, str]] = []
        self.bundles = folder
        self._workspace = RigWorkspace(self.done, changes)

    @contextmanager
    def workspace(self, engine: object, env: object, tell: Report) -> Iterator[RigWorkspace]:
        self._workspace.tell = tell
        yield self._workspace

    def remember(self) -> None:
        self.done.append("remember")

    def forget_clouds(self) -> None:
        self.done.append("forget clouds")


class Recorded:
    """Phases as they open, with what was reported in each; and the plans that were shown."""

    def __init__(self, *, agrees: bool) -> None:
        self._agrees = agrees
        self.phases: list[tuple[str, int | None, list[str]]] = []
        self.shown: list[Planned] = []

    @contextmanager
    def phase(self, doing: str, total: int | None) -> Iterator[Report]:
        heard: list[str] = []
        self.phases.append((doing, total, heard))
        yield lambda event: heard.append(f"{event.kind} {event.address}")

    def consent(self, planned: Planned) -> bool:
        self.shown.append(planned)
        return self._agrees


@pytest.fixture(autouse=True)
def _an_engine_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, sys.executable)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> RigDeviceRegistry:
    """Stands for AWS IoT Core's, with two devices that are registered."""
    found = RigDeviceRegistry()
    list(found.register(["pump", "fan"]))
    monkeypatch.setattr(device_registry, "open_registry", lambda _: found)
    return found


def carry(rollout: RigRollout, told: Recorded, *, destroy: bool = False) -> object:
    return carry_out(rollout, destroy=destroy, phase=told.phase, consent=told.consent)  # type: ignore[arg-type]


def test_what_was_agreed_to_is_applied_and_each_phase_hears_of_its_own(tmp_path: Path) -> None:
    rollout, told = RigRollout(tmp_path, ADD), Recorded(agrees=True)
    done = carry(rollout, told)
    assert told.shown == [Planned(changes=ADD, left=None, twins=True)]
    assert rollout.done == ["plan", "remember", "apply"]
    assert told.phases == [
        ("planning", None, []),
        ("applying", 1, ["apply_complete a.b"]),
        ("publishing twins", None, []),  # the outputs name no twin service
    ]
    assert isinstance(done, Done)
    assert (done.changes, done.outputs) == (ADD, OUTPUTS)


def test_a_plan_that_is_refused_changes_nothing(tmp_path: Path, registry: RigDeviceRegistry) -> None:
    rollout, told = RigRollout(tmp_path, LEAVE), Recorded(agrees=False)
    assert carry(rollout, told, destroy=True) is None
    assert told.shown == [Planned(changes=LEAVE, left=AWS, in_the_way=("pump", "fan"))]
    assert rollout.done == ["plan a removal"]
    assert registry.keys.keys() == {"pump", "fan"}


def test_a_consent_that_raises_changes_nothing(tmp_path: Path) -> None:
    def nobody(_: Planned) -> bool:
        raise LookupError("nobody is there")

    rollout = RigRollout(tmp_path, ADD)
    with pytest.raises(LookupError):
        carry_out(rollout, destroy=False, phase=Recorded(agrees=True).phase, consent=nobody)  # type: ignore[arg-type]
    assert rollout.done == ["plan"]


def test_registrations_are_taken_away_before_anything_is_applied(tmp_path: Path, registry: RigDeviceRegistry) -> None:
    files = files_of(tmp_path)
    files.prepare()
    (fan,) = RigDeviceRegistry().register(["fan"])
    files.write(fan, deployed_on(AWS).connection_of(OUTPUTS, "fan"))
    rollout, told = RigRollout(tmp_path, LEAVE), Recorded(agrees=True)
    carry(rollout, told, destroy=True)
    assert [doing for doing, *_ in told.phases] == ["planning", "removing", "applying"]
    assert told.phases[1] == ("removing", 2, ["removed pump", "removed fan"])
    assert rollout.done == ["plan a removal", "remember", "apply", "forget clouds"]
    assert registry.keys == {}
    assert not files.has("fan")


def test_a_plan_without_changes_is_shown_and_not_applied(tmp_path: Path) -> None:
    rollout, told = RigRollout(tmp_path, Changes()), Recorded(agrees=True)
    assert carry(rollout, told) is not None
    assert (len(told.shown), rollout.done) == (1, ["plan"])

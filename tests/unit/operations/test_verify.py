"""What `verify` says where a reading does not arrive, by what the twin can be asked; a twin without a process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from tests.rigs.clouds import AWS, AZURE
from tests.rigs.twins import twin as twin_of
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.device import PROBE, DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.operations.dead_letters import Letter, TwinLetters
from twin2multicloud.operations.twin import OperatedTwin
from twin2multicloud.operations.verify import Check, verify
from twin2multicloud.planning.planner import plan


class Letters:
    """What is in the dead letters: the probe's reading, with a reason."""

    def __init__(self, twin: "SilentTwin") -> None:
        self._twin = twin

    def find(self, selection: Any, most: int | None = None) -> tuple[list[Letter], list[Any]]:
        assert selection.device == PROBE
        if not self._twin.refused:
            return [], []
        letter = dict.fromkeys(("cause", "at", "topic", "received_at"), "")
        found = Letter(
            **letter, id="azure-1", cloud=AZURE, boundary="L2 → L3-hot", reason=self._twin.refused, messages=1,
            devices=(PROBE,), content=self._twin.published.decode(),
        )  # fmt: skip
        return [found], []

    def drop(self, selection: Any) -> list[Any]:
        assert selection.ids == ("azure-1",)
        return []


class SilentTwin(OperatedTwin):
    """A twin whose reader knows of nothing, until it `answers`."""

    gateway_label = "a cloud of the test"

    def __init__(self) -> None:
        self._twin = twin_of(Placement.single(AWS))
        self.refused, self.answers, self.waits = "", "", {}
        self.published = b""
        self.unpublished = self.unread = self.unerased = False

    catalog: DeviceCatalog = property(lambda self: self._twin.catalog)  # type: ignore[assignment]
    placement = property(lambda self: self._twin.placement)  # type: ignore[assignment]
    topology = property(lambda self: plan(self._twin))  # type: ignore[assignment]
    readers = property(lambda self: HotReaders(self))  # type: ignore[assignment]
    letters: TwinLetters = property(lambda self: Letters(self))  # type: ignore[assignment]
    endpoints: Mapping[str, str] = {}
    gateway = None  # type: ignore[assignment]

    def errors(self, most: int) -> Any:
        raise NotImplementedError

    def invocation(self, cloud: Cloud) -> Any:
        return self

    def waiting(self) -> Mapping[str, int]:
        return self.waits

    @contextmanager
    def probe(self) -> Iterator[Callable[[bytes], None]]:
        def publish(body: bytes) -> None:
            if self.unpublished:
                raise RetryableError("silence")
            self.published = body

        yield publish

    def call(self, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        mark = msgspec.json.decode(self.published or b"{}").get("mark")
        if self.unread and function.startswith("hot-reader"):
            raise ConfigurationError(f"{function}: permission denied")
        if arguments.get("action") == "erase":
            if self.unerased:
                raise RetryableError("not now")
            return {"objects": 0, "readings": 0, "bytes": 0, "finished": True}
        if not self.answers:
            raise FinalError("no reading came from one", 404)
        if function == Kind.HOT_READER_LAST_ENTRY:
            return {"propertyValues": {"mark": {"propertyValue": {"stringValue": mark}}}}
        return {"propertyValues": [], "nextToken": None}


def problems(twin: OperatedTwin) -> dict[str, Check]:
    return {each.what: each for each in verify(twin, patience=0.0) if each.problem}


def test_a_dead_letter_says_why() -> None:
    twin = SilentTwin()
    twin.refused = "hot-writer answered 400: no"
    found = problems(twin)["L2 → L3-hot"]
    assert found.problem == "the reading is in the dead letters of Azure: hot-writer answered 400: no"
    assert "t2mc dlq list" in found.remedy


def test_what_waits_says_where() -> None:
    twin = SilentTwin()
    twin.waits = {"L1 → L2": 3}
    found = problems(twin)["L1 → L2"]
    assert found.problem.startswith("3 messages wait there")
    assert found.remedy == "the logs of dispatcher (AWS), processor (AWS), persister (AWS)"


def test_where_nothing_is_known_the_logs_along_the_way_are_named() -> None:
    found = problems(SilentTwin())
    assert list(found) == ["L1 → L2 → L3-hot", "taken out again"]
    assert found["L1 → L2 → L3-hot"].problem.startswith("the reading is neither in the hot store nor in the dead")
    assert found["taken out again"].problem == "it is still on its way, and will be stored"


def test_a_reader_that_may_not_be_asked_is_no_lost_reading() -> None:
    twin = SilentTwin()
    twin.unread = True
    assert problems(twin)["hot readers"].problem == "hot-reader-last-entry: permission denied"


def test_a_reader_that_lacks_what_the_other_has_is_told_on() -> None:
    twin = SilentTwin()
    twin.answers = "yes"
    twin.unerased = True
    found = problems(twin)
    assert list(found) == ["the history reader", "taken out again"]
    assert found["the history reader"].problem == "it answers something else than what was published"
    assert found["taken out again"].problem == "not now"


def test_what_is_not_acknowledged_is_not_looked_for() -> None:
    twin = SilentTwin()
    twin.unpublished = True
    (found,) = problems(twin).values()
    assert (found.what, found.problem) == (
        "devices → L1 (a cloud of the test)",
        "the reading was not acknowledged: silence",
    )

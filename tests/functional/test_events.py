"""Events on running clouds: a rule fires exactly where a recording crosses its threshold, once each, and acts.

Also where a cloud dies in the middle.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.functional.test_tiers import recorded
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, placement, running, write_project

from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.dead_letters import Selection
from twin2multicloud.operations.events import events_of
from twin2multicloud.operations.twin import open_twin

pytestmark = pytest.mark.functional

HOT, COLD = 100.0, 50.0
BURST = 400
"""Readings on their way at a time, as one batch: of several, one may overtake another, and fires by what it knows."""
NOTE = {"kind": "function", "name": "note"}
RULES = [
    {"name": "hot", "when": f"e1.c1.double > DOUBLE({HOT})", "late": "30d", "action": NOTE},
    {"name": "cold", "device": "d1", "when": f"double < {COLD} for 1h", "late": "30d"},
]  # fmt: skip
ACTION = """
import os

def act(event):
    with open({path!r}, "a") as file:
        file.write(event["id"] + "\\n")
    if event["rule"] == "broken":
        raise ValueError("no press of that name")
    if event["rule"] == "hanging":
        import time
        time.sleep(3600)
    if event["rule"] == "ending":
        os._exit(1)
"""


def project(tmp_path: Path, rules: list[dict[str, Any]], *clouds: Cloud) -> Path:
    events = {"enable_events": True, "rules": rules}
    folder = write_project(tmp_path / "p", placement(*clouds))
    (folder / "config_events.json").write_text(json.dumps(events))
    (folder / "actions").mkdir()
    (folder / "actions" / "note.py").write_text(ACTION.format(path=str(tmp_path / "noted")))
    return folder


def noted(tmp_path: Path) -> list[str]:
    path = tmp_path / "noted"
    return path.read_text().split() if path.exists() else []


def fired(twin: RunningTwin, rule: str) -> list[KeptEvent]:
    found = events_of(open_twin(twin.folder, deployed=False)).newest(10_000)
    return [each for each in reversed(found) if each.event.rule == rule]


def crossings(points: list[tuple[str, float]], holds: Callable[[float], bool]) -> list[str]:
    before = [(None, -1.0 if holds(1e9) else 1e9), *points]
    return [
        stamp for (_, last), (stamp, value) in zip(before, points, strict=False) if holds(value) and not holds(last)
    ]


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


@pytest.mark.parametrize("victim", [AWS, AZURE, GCP], ids=["L1 dies", "L2 dies", "L3-hot dies"])
def test_a_recording_fires_where_it_crosses_the_threshold_once_each(tmp_path: Path, victim: Cloud) -> None:
    points = recorded()
    with running(project(tmp_path, RULES, AWS, AZURE, GCP)) as twin:
        for start in range(0, len(points), BURST):
            dies = start <= len(points) // 2 < start + BURST
            if dies and victim is not AWS:
                twin.kill(victim)
            part = points[start : start + BURST]
            twin.publish("d1", [{"timestamp": stamp, "double": value} for stamp, value in part])
            if dies and victim is AWS:
                twin.kill(victim)
            if dies:
                twin.start(victim)
            twin.settle(120)
        hot = fired(twin, "hot")
        assert [each.event.timestamp for each in hot] == crossings(points, lambda value: value > HOT)
        assert [each.event.since for each in hot] == [each.event.timestamp for each in hot]
        ids = [each.event.id for each in hot]
        assert len(set(ids)) == len(ids)
        assert set(noted(tmp_path)) == set(ids)
        assert all(each.acted_at for each in hot)
        held = fired(twin, "cold")
        assert held
        assert {each.event.since for each in held} <= set(crossings(points, lambda value: value < COLD))
        assert not twin.client.letters.find(Selection())[0]


def test_the_operator_lists_and_acknowledges_and_one_that_fails_harms_no_other(tmp_path: Path) -> None:
    rules = [
        {"name": "broken", "device": "d1", "when": "integer > 5", "action": NOTE},
        {"name": "hanging", "device": "d1", "when": "long > 5", "action": NOTE},
        {"name": "fine", "type": "counter", "when": "n > INTEGER(5)", "action": NOTE},
        {"name": "silent", "group": "g", "when": "n missing for 15m"},
    ]
    folder = project(tmp_path, rules, AWS, AWS, AWS)
    with running(folder, function_seconds=2.0) as twin:
        twin.publish("d1", {"integer": 6, "long": 6})
        for n in range(1, 6):
            twin.publish(f"g-{n:03}", {"n": 6})
        wait_for(lambda: sum(bool(each.acted_at) for each in fired(twin, "fine")) == 5)
        wait_for(lambda: "action-failed" in {each.error_code for each in twin.client.errors(1_000)[0]})
        wait_for(lambda: len(noted(tmp_path)) > 7)  # the two that fail come again, the others do not
        assert not [each for each in (*fired(twin, "broken"), *fired(twin, "hanging")) if each.acted_at]
        fine = {each.event.id for each in fired(twin, "fine")}
        assert sorted(each for each in noted(tmp_path) if each in fine) == sorted(fine)

        listed = json.loads(t2mc("events", folder, "--json").stdout)
        assert len(listed) == 7
        chosen = listed[0]["event"]["id"]
        assert "acknowledged" in t2mc("events", folder, "--acknowledge", chosen, "--note", "it is only me").stdout
        assert "the first note stays" in t2mc("events", folder, "--acknowledge", chosen, "--note", "me too").stdout
        assert json.loads(t2mc("events", folder, "--json").stdout)[0]["acknowledged"]["note"] == "it is only me"

        t2mc("clock", "advance", folder, "1h")
        wait_for(lambda: len(fired(twin, "silent")) == 5)


def test_a_twin_without_events_has_none_of_it(tmp_path: Path) -> None:
    with running(write_project(tmp_path / "p", placement(AWS, AWS, AWS))) as twin:
        names = {name for status in twin.client.statuses() for name in status.functions}
        assert not [name for name in names if name.startswith("event")]
        assert not (twin.deployment.state.process(AWS) / "events.sqlite").exists()
        said = t2mc("events", twin.folder)
        assert (said.returncode, "enable_events" in said.stderr) == (2, True)

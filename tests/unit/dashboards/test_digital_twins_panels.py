"""What a panel over Azure Digital Twins sends is answered by the emulated instance, and has rows with times."""

from pathlib import Path
from typing import Any

import jq
import msgspec
import pytest

from tests.rigs.twin_graph import TwinGraphRig, served_instance
from tests.rigs.twins import THERMOSTAT
from twin2multicloud.dashboards.data_source import Feed
from twin2multicloud.dashboards.infinity import DigitalTwinsQuestions
from twin2multicloud.ports.twin_graph import Measured
from twin2multicloud.wire.http import Request

T1 = "2026-01-15T10:00:01.000Z"


@pytest.mark.parametrize("feed", [Feed("sensor-1"), Feed("sensor-1", "room-1", "thermostat")])
def test_a_panel_is_not_empty(tmp_path: Path, feed: Feed) -> None:
    questions = DigitalTwinsQuestions("https://house.api.weu.digitaltwins.azure.net")
    with served_instance(tmp_path) as instance:
        instance.graph.update(TwinGraphRig.twin, {"temperature": Measured(21.5, T1)}, "*")

        def rows(target: dict[str, Any]) -> list[dict[str, Any]]:
            path, _, query = str(target["url"]).rpartition("digitaltwins.azure.net")[2].partition("?")
            sent = str(target["url_options"]["data"]).encode()
            answer = instance.answer(Request("POST", path, {"authorization": "Bearer x"}, sent, query))
            assert answer.status == 200, answer.body
            return jq.compile(target["root_selector"]).input(msgspec.json.decode(answer.body)).first()

        latest = {each["property"]: each for each in rows(questions.latest(feed, THERMOSTAT.properties))}
        (age,) = rows(questions.age(feed, THERMOSTAT.properties))
    assert latest["temperature"] == {"property": "temperature", "value": "21.5", "time": T1}
    assert "deviceId" not in latest
    assert age["age"] > 0

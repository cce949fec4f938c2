"""What a twin service that is written to does, over every rig of it."""

import pytest

from tests.rigs.twin_graph import TwinGraphRig
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.ports.twin_graph import ChangedError, Measured, TwinGraph

T1, T2 = "2026-01-15T10:00:01.000Z", "2026-01-15T10:00:02.500Z"
VALUES = {
    "temperature": Measured(21.5, T1),
    "humidity": Measured(40, T1),
    "total": Measured(2**53, T1),
    "mode": Measured("eco & 'warm' ü", T2),
    "on": Measured(False, T2),
}


@pytest.fixture
def graph(twin_graph_rig: TwinGraphRig) -> TwinGraph:
    return twin_graph_rig.graph


def test_what_is_written_is_there_at_once_with_its_times(graph: TwinGraph) -> None:
    before = graph.state(TwinGraphRig.twin)
    assert before.times == {}
    version = graph.update(TwinGraphRig.twin, VALUES, before.version)
    after = graph.state(TwinGraphRig.twin)
    assert after.version == version != before.version
    assert {name: after.values[name] for name in VALUES} == {name: each.value for name, each in VALUES.items()}
    assert after.times == {name: each.time for name, each in VALUES.items()}


def test_one_property_leaves_the_others_as_they_are(graph: TwinGraph) -> None:
    version = graph.update(TwinGraphRig.twin, VALUES, graph.state(TwinGraphRig.twin).version)
    graph.update(TwinGraphRig.twin, {"temperature": Measured(22.0, T2)}, version)
    after = graph.state(TwinGraphRig.twin)
    assert (after.values["temperature"], after.times["temperature"]) == (22.0, T2)
    assert (after.values["humidity"], after.times["humidity"]) == (40, T1)


def test_a_twin_that_somebody_else_changed_is_not_written(graph: TwinGraph) -> None:
    seen = graph.state(TwinGraphRig.twin)
    graph.update(TwinGraphRig.twin, {"temperature": Measured(1.0, T1)}, seen.version)
    with pytest.raises(ChangedError):
        graph.update(TwinGraphRig.twin, {"temperature": Measured(2.0, T2)}, seen.version)
    assert graph.state(TwinGraphRig.twin).values["temperature"] == 1.0


def test_a_twin_that_is_not_there_is_refused_for_good(graph: TwinGraph) -> None:
    with pytest.raises(FinalError) as refused:
        graph.state("nobody")
    assert refused.value.status == 404
    with pytest.raises(FinalError):
        graph.update("nobody", {"temperature": Measured(1.0, T1)}, "W/1")

"""The twin service and the twin commands over real processes: one value at L4, wherever the hot store is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.command_line import t2mc
from tests.rigs.running_twin import RunningTwin, running, write_project

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.emulator.host.deployment import load_secrets
from twin2multicloud.wire.calls import post, token_header
from twin2multicloud.wire.http_transport import HttpTransport

PLACES = [(GCP, GCP), (AWS, GCP), (AZURE, GCP), (AZURE, AWS), (AWS, AWS)]


@pytest.fixture(scope="module", params=PLACES, ids=lambda pair: f"{pair[0]}-to-{pair[1]}")
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    hot, l4 = request.param
    where = Placement(l1=AWS, l2=AWS, l3_hot=hot, l3_cold=hot, l3_archive=hot, l4=l4, l5=AWS)
    with running(write_project(tmp_path_factory.mktemp("l4") / "project", where)) as twin:
        twin.publish("d1", {"ts": 1_700_000_000_000, "double": 1.5}, {"ts": 1_600_000_000_000, "double": 0.5})
        twin.settle()
        yield twin


def l4_of(twin: RunningTwin) -> Cloud:
    return twin.deployment.twin.placement.l4


def test_the_twin_service_answers_the_newest_value_over_http(twin: RunningTwin) -> None:
    if l4_of(twin) != GCP:
        assert f"{l4_of(twin)}.{Kind.TWIN_SERVICE}" not in {
            each.component for each in twin.deployment.topology.endpoints
        }
        return
    url = twin.deployment.url_of(f"{GCP}.{Kind.TWIN_SERVICE}")
    headers = token_header(load_secrets(Path(twin.deployment.folder)).token)
    path = "/entities/e1/components/c1/state"
    transport = HttpTransport()
    answer = post(transport, url + path, headers, "twin-service", {"properties": ["double"]})
    assert [(each["name"], each["value"], each["time"]) for each in answer["properties"]] == [
        ("double", 1.5, "2023-11-14T22:13:20.000Z")
    ]
    path = "/entities/e1/components/c1/history"
    history = post(transport, url + path, headers, "twin-service", {"properties": ["double"]})
    transport.close()
    assert [each["value"] for each in history["points"]] == [0.5, 1.5]


def test_l4_and_l3_say_the_same(twin: RunningTwin) -> None:
    result = t2mc("twin", "check", twin.deployment.folder, "--json")
    assert result.returncode == 0, result.stdout
    rows = {each["name"]: each for each in json.loads(result.stdout)}
    assert (rows["double"]["at_l4"], rows["double"]["at_l3"], rows["double"]["problem"]) == (1.5, 1.5, "")
    assert not any(each.get("problem") for each in rows.values())


def test_the_readers_of_l4_are_in_the_status(twin: RunningTwin) -> None:
    status = next(each for each in twin.client.statuses() if each.cloud == l4_of(twin))
    across = twin.deployment.twin.placement.l3_hot != l4_of(twin)
    assert (Kind.DATA_CONNECTOR.value in status.functions) is across
    assert (Kind.TWIN_SERVICE.value in status.functions) is (l4_of(twin) == GCP)


def test_a_model_goes_out_and_comes_back(tmp_path: Path) -> None:
    for form in ("aws", "azure", "gcp", "ngsi-ld", "aas"):
        exported = t2mc("twin", "export", "examples/smart-home", "--for", form)
        assert exported.returncode == 0, exported.stdout
        document, folder = tmp_path / f"{form}.json", tmp_path / form
        document.write_text(exported.stdout, encoding="utf-8")
        imported = t2mc("twin", "import", str(folder), str(document), "--for", form)
        assert imported.returncode == 0, imported.stderr
        for name in ("config.json", "config_providers.json"):
            (folder / name).write_bytes((Path("examples/smart-home") / name).read_bytes())
        assert t2mc("validate", str(folder)).returncode == 0
        again = t2mc("twin", "export", str(folder), "--for", "gcp")
        first = t2mc("twin", "export", "examples/smart-home", "--for", "gcp")
        assert _sorted(again.stdout) == _sorted(first.stdout)


def _sorted(text: str) -> object:
    document = json.loads(text)
    return {
        key: sorted(map(json.dumps, value)) if isinstance(value, list) else value for key, value in document.items()
    }


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    refused = t2mc("twin", "export", "examples/smart-home", "--for", "azur")
    assert (refused.returncode, "did you mean azure?" in refused.stderr) == (2, True)
    (tmp_path / "x.json").write_text("[1]")
    refused = t2mc("twin", "import", str(tmp_path / "new"), str(tmp_path / "x.json"), "--for", "aws")
    assert refused.returncode == 2
    assert not (tmp_path / "new").exists()
    good = tmp_path / "good.json"
    good.write_text(t2mc("twin", "export", "examples/smart-home", "--for", "gcp").stdout)
    assert t2mc("twin", "import", str(tmp_path / "new"), str(good), "--for", "gcp").returncode == 0
    refused = t2mc("twin", "import", str(tmp_path / "new"), str(good), "--for", "gcp")
    assert (refused.returncode, "exists; import into another folder" in refused.stderr) == (2, True)

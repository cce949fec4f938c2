"""Models and twins on their way to a deployed instance: planned, published once, and not again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.rigs.clouds import ALL, AZURE, GCP
from tests.rigs.twin_graph import served_instance
from tests.rigs.twins import twin
from tests.rigs.vendor_digital_twins import InstanceAdapter, client
from twin2multicloud.clouds.azure import twin_publisher
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.progress import Progress
from twin2multicloud.emulator.l4.digital_twins import DigitalTwins
from twin2multicloud.operations.twin_publishing import is_published, missing, publish_twin

OUTPUTS = {"azure_twin_service": "https://house.api.weu.digitaltwins.azure.net"}
HOUSE = twin(Placement.single(AZURE))


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DigitalTwins]:
    """Stands for the deployed one, which has another project's twins."""
    with _of(tmp_path) as found:
        monkeypatch.setattr(twin_publisher, "_client", lambda *_: client(InstanceAdapter(found)))
        yield found


@contextmanager
def _of(folder: Path) -> Iterator[DigitalTwins]:
    other = msgspec.structs.replace(HOUSE, name="other", hierarchy=Hierarchy())
    with served_instance(folder, other) as found:
        yield found


@pytest.mark.parametrize("cloud", ALL)
def test_only_a_service_that_holds_models_of_its_own_is_published(cloud: Cloud) -> None:
    assert is_published(twin(Placement.single(cloud))) is (cloud != GCP)


def test_what_is_not_deployed_yet_will_be_published() -> None:
    assert missing(HOUSE, {})
    assert not missing(twin(Placement.single(GCP)), {})


def test_the_twin_is_published_once(instance: DigitalTwins) -> None:
    heard: list[Progress] = []
    assert missing(HOUSE, OUTPUTS)
    count = publish_twin(HOUSE, OUTPUTS, heard.append)
    assert [each.address for each in heard] == ["azure/twin-service"] * count
    assert instance.graph.state("room-1.thermostat").values["manufacturer"] == "ACME"
    assert not missing(HOUSE, OUTPUTS)
    assert publish_twin(HOUSE, OUTPUTS, heard.append) == 0

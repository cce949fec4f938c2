"""A new function is a line in the table of kinds, its rows and its file with a builder: every room then knows it."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import twin2multicloud
from tests.rigs import census
from tests.rigs.clouds import ALL
from tests.rigs.new_function import MODULE, NAME, ROW, added
from tests.rigs.twins import twin
from twin2multicloud.costs.breakdown import breakdown
from twin2multicloud.costs.cost_table import cost_table
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.traffic import SCHEDULED_RUNS, Traffic
from twin2multicloud.costs.usage import call_uses, row_uses, tariff_of, topology_uses, twin_of
from twin2multicloud.domain.components import Access
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets, Site
from twin2multicloud.packaging.bundle import bundles
from twin2multicloud.packaging.sources import shipped_modules
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Delivery, ValueKind
from twin2multicloud.terraform.render.render import render
from twin2multicloud.terraform.render.scope import covered

_FUNCTION = {
    "aws": "aws_lambda_function",
    "azure": "azurerm_function_app_flex_consumption",
    "gcp": "google_cloudfunctions2_function",
}
_WRITING = ("dynamodb:BatchWriteItem", "roles/datastore.user", "000000000002")


@pytest.fixture(autouse=True)
def new_function() -> Iterator[None]:
    with added():
        yield


@pytest.mark.parametrize("cloud", ALL)
class TestOnEveryCloud:
    def test_it_is_planned(self, cloud: Cloud) -> None:
        topology = plan(twin(Placement.single(cloud)))
        component = topology[f"{cloud}.{NAME}"]
        store = component.variable("HOT_STORE_NAME")
        assert store is not None
        assert (store.kind, store.value) == (ValueKind.RESOURCE, f"{cloud}.hot-store")
        (link,) = (each for each in topology.links if each.source == component.id and each.target == store.value)
        assert link.access == ("read",)

    def test_it_is_priced(self, cloud: Cloud) -> None:
        traffic, book = Traffic.of(PRESETS[next(iter(PRESETS))]), PriceBook.shipped()
        placement = Placement.single(cloud)
        own = list(row_uses(ROW, placement, traffic))
        assert any(use.quantity > 0 for use in own)
        assert Counter(own) <= Counter(topology_uses(plan(twin_of(traffic.workload, placement)), traffic))
        (together,) = cost_table(traffic, book, (cloud,)).costs
        assert together == pytest.approx(breakdown(placement, traffic, book).total, rel=1e-9)

    def test_what_it_does_with_the_store_is_priced(self, cloud: Cloud) -> None:
        traffic, tariff = Traffic.of(PRESETS[next(iter(PRESETS))]), tariff_of(cloud)
        (call,) = (each for each in ROW.calls if each.delivery is Delivery.STORE)
        expected = {
            Access.READ: list(tariff.hot_read(traffic, SCHEDULED_RUNS, traffic.messages / SCHEDULED_RUNS)),
            Access.WRITE: list(tariff.hot_written(traffic)),
            Access.DELETE: list(tariff.hot_moved(traffic)),
        }
        assert all(quantity > 0 for _, quantity in expected[Access.READ])
        for access, uses in expected.items():
            asked = msgspec.structs.replace(call, stated=(access,))
            found = call_uses(ROW, asked, Placement.single(cloud), traffic)
            assert [(use.meter, use.quantity) for use in found] == uses

    def test_it_is_packaged_with_the_data_that_it_carries(self, cloud: Cloud) -> None:
        house = twin(Placement.single(cloud))
        (bundle,) = (each for each in bundles(house, plan(house), {}) if each.function == NAME)
        carried = json.loads(bundle.files["twin.json"])
        assert [each["id"] for each in carried["catalog"]["devices"]] == ["sensor-1", "sensor-2"]
        assert not carried["hierarchy"].get("entities")

    def test_it_is_rendered_and_may_only_read(self, cloud: Cloud) -> None:
        topology = plan(twin(Placement.single(cloud)))
        assert NAME not in covered(topology).left_out
        resources = render(topology)["resource"]
        assert NAME in resources[_FUNCTION[cloud]]
        policies = [
            json.dumps(body)
            for kind, found in resources.items()
            if "role" in kind or "iam" in kind
            for key, body in found.items()
            if key == NAME or key.startswith(f"{NAME}_")
        ]
        assert policies
        assert not any(word in text for text in policies for word in _WRITING)

    def test_it_is_run_by_the_emulator(self, cloud: Cloud, tmp_path: Path) -> None:
        house = twin(Placement.single(cloud))
        deployment = LocalDeployment(
            folder=str(tmp_path),
            twin=house,
            topology=plan(house),
            sites=(Site(cloud=cloud, http_port=1),),
            dashboard_port=2,
        )
        running = EmulatedCloud(deployment, LocalSecrets("operator", "0" * 64, "token"), cloud)
        try:
            assert NAME in running.status().functions
            assert running.invoke(NAME, {}) == {"devices": 0}
        finally:
            running.close()


def test_its_file_ships(tmp_path: Path) -> None:
    package = tmp_path / "twin2multicloud"
    shutil.copytree(Path(twin2multicloud.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(census.__file__), package / "functions" / "storage" / "census.py")
    for cloud in ALL:
        assert MODULE in shipped_modules(cloud, [NAME], package)
        assert MODULE not in shipped_modules(cloud, ["hot-reader"], package)

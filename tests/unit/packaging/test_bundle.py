"""What a bundle holds and leaves out, and that packing the same twin again gives the same bytes."""

import ast
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.bundle_limits import MAX_OWN_BYTES
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.ports import RigPorts
from tests.rigs.twins import RULES, twin
from tests.rigs.world import resolved
from twin2multicloud.domain.components import KINDS, ComponentType, Data, Kind, has_code
from twin2multicloud.domain.device import Device, Signal
from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.twin import DashboardSource, Twin
from twin2multicloud.functions.wiring import FUNCTIONS, wire
from twin2multicloud.hosting.bundled import BundledTwin, find_processor, load_twin
from twin2multicloud.hosting.user_code import processor_names
from twin2multicloud.packaging.build import package, unpack, write
from twin2multicloud.packaging.bundle import Bundle, bundles, pack, packaged, twin_files
from twin2multicloud.packaging.report import cold_import, report
from twin2multicloud.packaging.requirements import pinned, requirements
from twin2multicloud.packaging.sources import PACKAGE, imported, shipped_modules, sources
from twin2multicloud.packaging.wheels import fetch, unpacked
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.services import services_of
from twin2multicloud.planning.topology import Delivery, Link
from twin2multicloud.project.loader import Project

SOURCE = Path(__file__).parents[3] / "src" / PACKAGE
PROCESSOR = b"def process(telemetry):\n    return {**telemetry, 'processed': True}\n"
PLACEMENTS = [
    msgspec.structs.replace(Placement.single(l3_hot), l1=l1, l2=l2) for l1, l2, l3_hot in product(ALL, repeat=3)
]

L4_ALONE = Placement(l1=AWS, l2=AWS, l3_hot=AWS, l3_cold=AWS, l3_archive=AWS, l4=GCP, l5=AWS)
WRITTEN = Placement.single(AZURE)
WRITTEN_ACROSS = Placement(l1=AWS, l2=AWS, l3_hot=AWS, l3_cold=AWS, l3_archive=AWS, l4=AZURE, l5=AWS)
ACROSS = Placement(l1=AWS, l2=AZURE, l3_hot=GCP, l3_cold=AWS, l3_archive=AZURE, l4=GCP, l5=AWS)


def with_processor(placement: Placement) -> Twin:
    """The house, its dashboards reading the hot store; sensor-2 has user code, the type says how it is simulated."""
    bare = twin(placement, dashboard=DashboardSource.HOT_STORE)
    (thermostat,) = bare.catalog.types
    simulated = tuple(msgspec.structs.replace(each, signal=Signal(mean=20)) for each in thermostat.properties)
    catalog = msgspec.structs.replace(
        bare.catalog,
        types=(msgspec.structs.replace(thermostat, properties=simulated),),
        devices=(bare.catalog.devices[0], Device(id="sensor-2", type="thermostat", processor="mark")),
    )
    return msgspec.structs.replace(bare, catalog=catalog)


def made(placement: Placement = PLACEMENTS[0], vendored: Mapping[Cloud, Mapping[str, bytes]] | None = None):
    house = with_processor(placement)
    return list(bundles(house, plan(house), {"mark": PROCESSOR, "other": b"never"}, vendored))


@pytest.fixture(scope="module")
def three() -> dict[Cloud, Bundle]:
    """A processor on each cloud."""
    found = [each for cloud in ALL for each in made(Placement.single(cloud)) if each.function == "processor"]
    return {each.cloud: each for each in found}


class TestArchive:
    def test_the_same_twin_gives_the_same_bytes(self):
        assert [each.digest for each in made()] == [each.digest for each in made()]

    def test_the_same_bytes_in_another_process_with_another_hash_seed(self, three):
        program = (
            "from tests.unit.packaging.test_bundle import *\n"
            "print(*[each.digest for each in made(Placement.single(GCP)) if each.function == 'processor'])"
        )
        found = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": "7", "PYTHONPATH": f"{SOURCE.parents[1]}:{SOURCE.parent}", "TZ": "Asia/Tokyo"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == three[GCP].digest

    @given(st.dictionaries(st.text("abc/.", min_size=1, max_size=8), st.binary(max_size=50)))
    def test_order_and_time_do_not_matter_and_nothing_is_lost(self, files):
        packed = pack(files)
        assert packed == pack(dict(reversed(files.items())))
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            assert {info.filename: archive.read(info) for info in archive.infolist()} == files
            assert {info.date_time for info in archive.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
            assert {info.external_attr >> 16 for info in archive.infolist()} <= {0o100644}

    @pytest.mark.parametrize("placement", PLACEMENTS[::5], ids=Placement.key)
    def test_every_function_of_a_plan_that_exists_has_a_bundle(self, placement):
        topology = plan(with_processor(placement))
        found = made(placement)
        names = [each.name for each in found]
        assert len(set(names)) == len(names)
        assert set(names) == {f"{cloud}/{each.name}.zip" for cloud in ALL for each in packaged(topology, cloud)}
        assert {each.function for each in found} <= FUNCTIONS


class TestContents:
    @pytest.mark.parametrize("cloud", ALL)
    def test_no_other_cloud_and_nothing_of_the_planner_ships(self, cloud, three):
        parts = {tuple(path.split("/")[1:3]) for path in three[cloud].files if path.startswith(PACKAGE)}
        others = set(ALL) - {cloud}
        shared = {"domain", "ports", "wire", "functions", "stores", "hosting"}
        assert {part[0] for part in parts} <= {"__init__.py", *shared, "clouds"}
        assert not {part[1] for part in parts if part[0] == "clouds"} & others

    @pytest.mark.parametrize("cloud", ALL)
    def test_everything_that_shipped_code_imports_of_ours_ships(self, cloud):
        """Function bodies too: a name that is neither a module nor in one would fail in the middle of the night."""
        modules = shipped_modules(cloud)
        for tree in modules.values():
            for name in (each for each in imported(tree) if each.split(".")[0] == PACKAGE):
                assert name in modules or name.rpartition(".")[0] in modules, name

    @pytest.mark.parametrize("cloud", ALL)
    def test_the_entry_wires_the_function_by_name(self, cloud, three):
        file = "function_app.py" if cloud == AZURE else "main.py"
        tree = ast.parse(three[cloud].files[file])
        (assigned,) = [node for node in tree.body if isinstance(node, ast.Assign)]
        assert (
            ast.unparse(assigned)
            == f"{ {'aws': 'handler', 'azure': 'app', 'gcp': 'main'}[cloud] } = wired('processor', environ)"
        )

    def test_what_the_runtimes_lack_is_asked_for(self, three):
        assert "requirements.txt" not in three[AWS].files, "Lambda installs nothing"
        for cloud, queue, store in (
            (AZURE, "azure-storage-queue==", "azure-cosmos=="),
            (GCP, "google-cloud-pubsub==", "google-cloud-firestore=="),
        ):
            asked = three[cloud].files["requirements.txt"].decode()
            assert "msgspec==" in asked
            assert queue in asked
            assert store in asked, "a cloud's functions ask for the same, whichever needs it"

    def test_azures_host_has_no_route_prefix(self, three):
        host = msgspec.json.decode(three[AZURE].files["host.json"])
        assert host["version"] == "2.0"
        assert host["extensions"]["http"]["routePrefix"] == ""

    def test_vendored_wheels_are_in_it_and_are_not_our_code(self, three):
        bigger = next(
            each
            for each in made(Placement.single(AWS), {AWS: {"msgspec/__init__.py": b"there = 1"}})
            if each.function == "processor"
        )
        assert bigger.files["msgspec/__init__.py"] == b"there = 1"
        assert bigger.own_bytes == three[AWS].own_bytes
        assert len(bigger.archive) > len(three[AWS].archive)

    @pytest.mark.parametrize("cloud", ALL)
    def test_all_of_our_code_stays_small(self, cloud):
        assert max(len(pack(sources(shipped_modules(cloud, [name])))) for name in FUNCTIONS) < MAX_OWN_BYTES


class TestTwinsData:
    def test_a_processor_has_the_twins_user_code_and_no_other(self, tmp_path, three):
        unpack([three[AWS]], tmp_path / "b")
        root = str(tmp_path / "b" / "processor")
        catalog = load_twin(root).catalog
        process = find_processor(catalog, root)("sensor-2")
        assert process is not None
        assert process({"device_id": "sensor-2"}) == {"device_id": "sensor-2", "processed": True}
        assert find_processor(catalog, root)("sensor-1") is None
        assert [path for path in three[AWS].files if path.startswith("processors/")] == ["processors/mark.py"]

    def test_a_reader_has_types_and_hierarchy_but_neither_signals_nor_user_code(self):
        house = with_processor(PLACEMENTS[0])
        files = twin_files("hot-reader", house, {})
        data = msgspec.json.decode(files["twin.json"], type=BundledTwin)
        assert data.hierarchy == house.hierarchy
        assert [each.name for each in data.catalog.types[0].properties] == [
            each.name for each in house.catalog.types[0].properties
        ]
        assert all(each.signal is None for each in data.catalog.types[0].properties)
        assert processor_names(data.catalog) == ()
        assert list(files) == ["twin.json"]

    def test_others_have_nothing_of_it(self):
        files = twin_files("dispatcher", with_processor(PLACEMENTS[0]), {})
        assert msgspec.json.decode(files["twin.json"], type=BundledTwin) == BundledTwin()

    def test_a_processor_that_is_not_there_is_named(self):
        with pytest.raises(TwinError, match="names the processor 'mark'"):
            twin_files("processor", with_processor(PLACEMENTS[0]), {"other": b""})

    def test_a_bundle_without_its_data_says_so(self, tmp_path):
        with pytest.raises(ConfigurationError, match="package the function again"):
            load_twin(str(tmp_path))

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_the_table_of_needs_is_what_functions_ask_their_ports_for(self, name):
        twins = [with_processor(each) for each in (ACROSS, L4_ALONE, WRITTEN, WRITTEN_ACROSS)]
        twins.append(msgspec.structs.replace(twins[0], enable_events=True, events=RULES[:1]))
        plans = map(plan, twins)  # every function is in one
        topology = next(each for each in plans if each.named(name) is not None)
        component = topology.named(name)
        assert component is not None
        ports = AskedPorts()
        own = {"CLOUD": "gcp", "TWIN_NAME": "house", "DEVICE_REGISTRY_NAME": "r", "DEVICE_TOPIC": "t"}
        wire(name, resolved(component) or own, ports)  # a service of the plan is told nothing there
        # A processor's user code is found by device, so whoever runs it has the catalog too.
        asked = {
            Data.CATALOG: bool(ports.asked & {"catalog", "find_processor"}),
            Data.HIERARCHY: "hierarchy" in ports.asked,
            Data.PROCESSORS: "find_processor" in ports.asked,
            Data.RULES: "rules" in ports.asked,
            Data.ACTIONS: "find_action" in ports.asked,
        }
        assert KINDS[name].data - {Data.PAYLOADS} == {data for data, there in asked.items() if there}
        links = [link for link in topology.links if link.source == component.id]
        letters = {each.id for each in topology.components if each.type is ComponentType.QUEUE}
        planned = {port for link in links for port in PORTS_FOR.get(way_of(link, letters), ())}
        assert ports.asked - TWINS_DATA == planned

    def test_the_table_of_kinds_knows_which_functions_exist_in_code(self):
        assert {kind for kind in KINDS if has_code(kind)} == FUNCTIONS


PORTS_FOR = {
    Delivery.DEVICE: ("authenticator", "ingress"),
    Delivery.QUEUE: ("invoker",),
    Delivery.POST: ("transport",),
    Delivery.CALL: ("functions",),
    "written": ("twin_graph",),
    Delivery.STORE: ("hot_store",),
    "objects": ("object_store",),
    "errors": ("error_store",),
    "events": ("event_store",),
    "dead letters": ("dead_letters",),
}
"""What of its cloud a function needs follows from its rows: a kind states nothing of it."""
TWINS_DATA = {"catalog", "hierarchy", "find_processor", "rules", "find_action"}
ASKED = {*TWINS_DATA, *(port for ports in PORTS_FOR.values() for port in ports)}


def way_of(link: Link, letters: set[str]) -> str:
    if link.target in letters:
        return "dead letters"
    if link.target_kind == Kind.TWIN_SERVICE and not services_of(link.target.split(".")[0]).twin_reads:
        return "written"
    if link.target_kind == Kind.ERROR_TABLE:
        return "errors"
    if link.target_kind == Kind.EVENT_TABLE:
        return "events"
    objects = link.delivery is Delivery.STORE and link.target_kind != "hot-store"
    return "objects" if objects else link.delivery


class AskedPorts(RigPorts):
    """Remembers which of the twin's data, and of the ways out, a function asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def __getattribute__(self, name: str):
        if name in ASKED and "asked" in self.__dict__:
            self.asked.add(name)
        return super().__getattribute__(name)


class TestRequirements:
    def test_an_import_that_nobody_brings_is_refused(self):
        with pytest.raises(TwinError, match="imports requests, which neither AWS's runtime nor the bundle brings"):
            requirements(AWS, {"m": ast.parse("def f():\n    import requests")})

    def test_submodules_belong_to_their_distribution(self):
        tree = ast.parse(
            "from google.cloud.firestore_v1.base_query import FieldFilter\nfrom google.cloud import pubsub_v1"
        )
        assert requirements(GCP, {"m": tree}) == ("google-cloud-firestore", "google-cloud-pubsub")

    def test_what_is_installed_is_pinned(self):
        assert pinned("msgspec") == f"msgspec=={msgspec.__version__}"
        assert pinned("nobody-has-this") == "nobody-has-this"

    def test_a_wheel_is_unpacked_without_what_only_pip_needs(self, tmp_path):
        wheel = tmp_path / "x-1-py3-none-any.whl"
        wheel.write_bytes(
            pack({"x/__init__.py": b"1", "x/a.pyi": b"2", "x-1.dist-info/RECORD": b"3", "x/LICENSE": b"4"})
        )
        assert unpacked([wheel], AWS) == {"x/__init__.py": b"1", "x/LICENSE": b"4"}
        assert set(unpacked([wheel], AZURE)) == {
            ".python_packages/lib/site-packages/x/__init__.py",
            ".python_packages/lib/site-packages/x/LICENSE",
        }


class TestWheels:
    @pytest.fixture
    def offline(self, tmp_path, monkeypatch) -> Path:
        """A folder that pip finds its wheels in, and nothing else: what its own settings say, it does."""
        links = tmp_path / "links"
        links.mkdir()
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(links))
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        return links

    def test_wheels_are_for_the_target_and_are_kept(self, tmp_path, offline):
        for tag in ("cp313-cp313-manylinux2014_x86_64", "cp311-cp311-manylinux2014_x86_64", "cp313-cp313-win_amd64"):
            (offline / f"rigged-1.0-{tag}.whl").write_bytes(wheel("rigged", "1.0", tag))
        found = fetch(["rigged"], "3.13", tmp_path / "cache")
        assert [path.name for path in found] == ["rigged-1.0-cp313-cp313-manylinux2014_x86_64.whl"]
        for path in offline.iterdir():
            path.unlink()
        assert fetch(["rigged"], "3.13", tmp_path / "cache") == found
        assert unpacked(found, AWS)["rigged.py"] == b"tag = 'cp313-cp313-manylinux2014_x86_64'\n"

    def test_what_cannot_be_had_is_said_and_not_kept(self, tmp_path, offline):
        with pytest.raises(TwinError, match=r"no wheels of rigged for Python 3.13: .* found for rigged; --no-wheels"):
            fetch(["rigged"], "3.13", tmp_path / "cache")
        (offline / "rigged-1.0-py3-none-any.whl").write_bytes(wheel("rigged", "1.0", "py3-none-any"))
        assert len(fetch(["rigged"], "3.13", tmp_path / "cache")) == 1

    def test_what_the_user_requires_comes_with_user_code_alone(self, tmp_path, offline):
        for name, version in (("msgspec", msgspec.__version__), ("rigged", "1.0")):
            (offline / f"{name}-{version}-py3-none-any.whl").write_bytes(wheel(name, version, "py3-none-any"))
        house = with_processor(Placement.single(AWS))
        project = Project(folder=tmp_path, twin=house, notes=(), processors={}, requirements=("rigged==1.0",))
        path = tmp_path / "mark.py"
        path.write_bytes(b"import rigged\n" + PROCESSOR)
        made = package(msgspec.structs.replace(project, processors={"mark": path}), cache=tmp_path / "cache")
        assert {each.name for each in made if "rigged.py" in each.files} == {"aws/processor.zip"}
        on_gcp = msgspec.structs.replace(project, twin=with_processor(Placement.single(GCP)))
        listed = {
            each.function: each.files["requirements.txt"].decode().splitlines()
            for each in package(msgspec.structs.replace(on_gcp, processors={"mark": path}), cache=tmp_path / "cache")
        }
        assert [name for name, lines in listed.items() if "rigged==1.0" in lines] == ["processor"]

    def test_nothing_asked_for_is_nothing_fetched(self, tmp_path, offline):
        assert fetch([], "3.13", tmp_path / "cache") == []
        assert not (tmp_path / "cache").exists()


def wheel(name: str, version: str, tag: str) -> bytes:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"tag = {tag!r}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/RECORD": b"",
    }
    return pack(files)


class TestWritten:
    def test_what_is_no_more_is_removed_and_nothing_else(self, tmp_path):
        write(made(), tmp_path)
        (tmp_path / "aws" / "gone.zip").touch()
        (tmp_path / "aws" / "notes.txt").touch()
        write(made(), tmp_path)
        assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == {
            "aws/notes.txt",
            *(each.name for each in made()),
        }

    @pytest.mark.parametrize("cloud", ALL)
    def test_a_bundle_can_be_imported_with_msgspec_and_nothing_else(self, cloud, three):
        """No SDK at import: it comes with the first client. Milliseconds depend on the machine, see the benchmark."""
        cold = cold_import(three[cloud], rounds=1)
        assert 0 < cold.own_ms < cold.total_ms

    def test_the_report_is_of_the_archive(self, three):
        found = report(three[AWS])
        assert (found.name, found.bytes) == ("aws/processor.zip", len(three[AWS].archive))
        assert found.cold is None

    def test_a_bundle_that_cannot_be_imported_says_why(self, three):
        files = {**three[AWS].files, f"{PACKAGE}/clouds/aws/wiring.py": b"import nowhere_to_be_found"}
        with pytest.raises(TwinError, match="No module named 'nowhere_to_be_found'"):
            cold_import(msgspec.structs.replace(three[AWS], files=files), rounds=1)

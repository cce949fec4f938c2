"""What reads the messages of real devices is in the dispatcher's bundle: the presets in use, and no others."""

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, GCP
from tests.rigs.twins import twin
from twin2multicloud.domain.payload import PRESETS, Payload
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.hosting.bundled import BundledTwin
from twin2multicloud.packaging.bundle import Bundle, bundles, pack, twin_files
from twin2multicloud.packaging.sources import PACKAGE, shipped_modules, sources
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.wiring import FORMATS_MODULE
from twin2multicloud.terraform.render.render import render

PAYLOADS = FORMATS_MODULE.rsplit(".", 1)[0]


def dispatcher_of(house: Twin) -> Bundle:
    return next(each for each in bundles(house, plan(house), {}) if each.function == "dispatcher")


def with_payload(preset: str) -> Twin:
    """The house on AWS, its type's messages read by a preset."""
    bare = twin(Placement.single(AWS))
    types = tuple(msgspec.structs.replace(each, payload=Payload(preset=preset)) for each in bare.catalog.types)
    return msgspec.structs.replace(bare, catalog=msgspec.structs.replace(bare.catalog, types=types))


def test_who_reads_payloads_has_the_presets_in_use_and_the_types_and_no_other_has():
    house = with_payload("csv-line")
    bundle = dispatcher_of(house)
    code = {path.rsplit("/", 1)[1] for path in bundle.files if "/functions/payloads/" in path}
    assert code == {"__init__.py", "formats.py", "frame.py", "csv_line.py"}
    catalog = msgspec.json.decode(bundle.files["twin.json"], type=BundledTwin).catalog
    assert [each.preset for each in catalog.payloads] == ["csv-line"]
    others = msgspec.json.decode(twin_files("hot-reader", house, {})["twin.json"], type=BundledTwin)
    assert others.catalog.payloads == ()


def test_a_twin_of_flat_telemetry_pays_nothing_for_payloads():
    dispatcher = dispatcher_of(twin(Placement.single(AWS)))
    assert not [path for path in dispatcher.files if "/payloads/" in path]
    assert b"PAYLOAD_FORMATS" not in msgspec.json.encode(plan(twin(Placement.single(AWS))))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("cloud", ALL)
def test_a_preset_costs_a_dispatcher_a_few_kilobytes(cloud: Cloud, preset: str) -> None:
    named = [FORMATS_MODULE, f"{PAYLOADS}.{preset.replace('-', '_')}"]
    with_it, without = (len(pack(sources(shipped_modules(cloud, ["dispatcher"], named=each)))) for each in (named, ()))
    assert 0 < with_it - without < 7_000


def test_a_device_gateway_of_our_own_refuses_by_the_same_formats() -> None:
    house = msgspec.structs.replace(with_payload("value"), placement=Placement.single(GCP))
    found = {each.function: each for each in bundles(house, plan(house), {})}
    for name in ("dispatcher", "device-gateway"):
        assert f"{PACKAGE}/functions/payloads/value.py" in found[name].files
        assert msgspec.json.decode(found[name].files["twin.json"], type=BundledTwin).catalog.payloads
    functions = render(plan(house))["resource"]["google_cloudfunctions2_function"]
    for key in ("dispatcher", "device_gateway"):
        assert functions[key]["service_config"][0]["environment_variables"]["PAYLOAD_FORMATS"] == FORMATS_MODULE

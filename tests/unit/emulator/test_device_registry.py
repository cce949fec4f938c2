"""The local registry's file, where several write it at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twin2multicloud.domain.device import DeviceCatalog, DeviceGroup, DeviceType
from twin2multicloud.emulator.adapters.device_registry import LocalDeviceRegistry

FLEET = DeviceCatalog(
    types=(DeviceType(name="any", properties=()),),
    groups=(DeviceGroup(name="many", type="any", count=40, id_pattern="d{n}"),),
)


def test_what_several_operators_change_at_once_is_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "registry.json"

    def take_out(device_id: str) -> None:
        LocalDeviceRegistry(file, "key", FLEET).remove([device_id])

    with ThreadPoolExecutor(8) as operators:
        list(operators.map(take_out, FLEET.ids()))
    assert list(LocalDeviceRegistry(file, "key", FLEET).registered()) == []

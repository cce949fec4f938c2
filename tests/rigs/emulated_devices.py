"""The emulator's authenticator and its registry, over a file of their own, as rigs for the contract suites."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.device_gateway import RULES, TWIN
from twin2multicloud.domain.device import Device, DeviceCatalog, DeviceGroup, DeviceType
from twin2multicloud.emulator.adapters.device_authenticator import DeviceChanges, LocalDeviceAuthenticator
from twin2multicloud.emulator.adapters.device_registry import KEY, LocalDeviceRegistry
from twin2multicloud.ports.device_registry import DeviceCredentials

_SECRET = "a rig's device key"


def _catalog(*names: str, many: int = 0, gateways: Collection[str] = ()) -> DeviceCatalog:
    topics = (tuple(RULES.patterns), tuple(RULES.ignored)) if gateways else ((), ())
    group = DeviceGroup(name="many", type="any", count=many, id_pattern="sensor-{n}")
    return DeviceCatalog(
        types=(DeviceType(name="any", properties=(), topics=topics[0], ignored_topics=topics[1]),),
        devices=(
            *(Device(id=each, type="any") for each in names),
            *(Device(id=each, type="any", gateway=True) for each in gateways),
        ),
        groups=(group,) if many else (),
    )


class EmulatedDeviceAuthenticatorRig:
    """See `tests.rigs.device_gateway.DeviceAuthenticatorRig`. Nobody is registered at first, as on a cloud."""

    def __init__(self, folder: Path) -> None:
        catalog = _catalog("sensor-1", "sensor-2", "room:1", gateways=RULES.gateways)
        self.authenticator = LocalDeviceAuthenticator(
            TWIN, _SECRET, catalog, DeviceChanges(folder / "device-registry.json")
        )
        self._registry = LocalDeviceRegistry(folder / "device-registry.json", _SECRET, catalog)
        self._registry.remove(catalog.ids())

    def register(self, device_id: str) -> str:
        (made,) = self._registry.register([device_id])
        return made.files[KEY]

    def remove(self, device_id: str) -> None:
        self._registry.remove([device_id])

    def settle(self) -> None:
        """A change is known at once."""


@contextmanager
def emulated_authenticator(folder: Path) -> Iterator[EmulatedDeviceAuthenticatorRig]:
    yield EmulatedDeviceAuthenticatorRig(folder)


class EmulatedRegistryRig:
    """See `tests.rigs.device_registry.DeviceRegistryRig`. Nobody is registered at first, as on a cloud."""

    impossible, many = "no device of the twin", 230

    def __init__(self, folder: Path) -> None:
        named = ("a", "b", "c", "d", "sensor-0", "pump-1", "Pump_1", "urn:dev:42", "0", "x" * 128)
        catalog = _catalog(*named, many=self.many - 1)
        self.registry = LocalDeviceRegistry(folder / "device-registry.json", _SECRET, catalog)
        self.registry.remove(catalog.ids())
        self._authenticator = LocalDeviceAuthenticator(
            TWIN, _SECRET, catalog, DeviceChanges(folder / "device-registry.json")
        )

    def may_connect(self, credentials: DeviceCredentials) -> bool:
        return self._authenticator.knows(credentials.device_id, credentials.files[KEY])

    def stranger(self) -> str:
        """There is none: a folder holds one twin."""
        return "stranger"

    def is_there(self, device_id: str) -> bool:
        return device_id == "stranger" or device_id in self.registry.registered()


@contextmanager
def emulated_registry(folder: Path) -> Iterator[EmulatedRegistryRig]:
    yield EmulatedRegistryRig(folder)

"""Reads latest values and history of a twin, emulated or deployed, by property. Opens no connection."""

import itertools
from abc import ABC, abstractmethod
from datetime import datetime

from twin2multicloud.domain.device import DeviceCatalog, Scalar
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.functions.storage.reader_client import HotReaders, Point

_ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
Moment = datetime | str | float | None
"""An instant as `domain.timestamps.canonical` reads it, or as a datetime; None is no limit."""


class ReadableTwin(ABC):
    """The hot readers of one twin. Raises ConfigurationError for a device that the twin does not have."""

    @property
    @abstractmethod
    def catalog(self) -> DeviceCatalog:
        """The twin's devices."""

    @abstractmethod
    def _readers(self) -> HotReaders:
        """The client of the hot readers."""

    def latest(self, device: str, *properties: str) -> dict[str, tuple[str | None, Scalar]]:
        """The latest value of each property with its time; of all where none is named. The time of a constant is None.

        Raises TwinError where the reader does not answer.
        """
        return self._readers().latest(device, self._named(device, properties))

    def history(
        self, device: str, *properties: str, since: Moment = None, until: Moment = None, limit: int = 100_000
    ) -> dict[str, list[Point]]:
        """(time, value) by property in time order, after `since` and up to `until`; at most the newest `limit` values.

        Of all properties where none is named. Raises ValueError for an instant that is none, TwinError where the reader
        does not answer.
        """
        names = self._named(device, properties)
        return self._readers().history(device, names, _stamp(since, _ALWAYS[0]), _stamp(until, _ALWAYS[1]), limit)

    def _named(self, device: str, properties: tuple[str, ...]) -> list[str]:
        known = properties_of(self.catalog, device)
        return list(properties) or known


def properties_of(catalog: DeviceCatalog, device: str) -> list[str]:
    """The names of a device's properties. Raises ConfigurationError for a device that the twin does not have."""
    found = catalog.type_of(device)
    if found is None:
        known = ", ".join(itertools.islice(catalog.ids(), 8))
        raise ConfigurationError(f"the twin has no device {device!r}; it has {known}, …")
    return [each.name for each in found.properties]


def _stamp(moment: Moment, otherwise: str) -> str:
    if moment is None:
        return otherwise
    return canonical(moment.isoformat() if isinstance(moment, datetime) else moment)

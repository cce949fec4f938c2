"""A twin for programs and for its operator, emulated or deployed: reads it by property, says where devices sign in.

Owns what all of them have in common, and which one a folder is opened as. Opens no connection; prints nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from twin2multicloud.domain.device import DeviceCatalog, Scalar
from twin2multicloud.domain.errors import ConfigurationError, ErrorEvent, FinalError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.timestamps import canonical, from_datetime
from twin2multicloud.functions.storage.downsampling import Aggregate
from twin2multicloud.functions.storage.reader_client import HotReaders, Point
from twin2multicloud.functions.storage.reader_request import MAX_PROPERTIES
from twin2multicloud.operations.dead_letters import TwinLetters
from twin2multicloud.operations.device_files import DeviceFiles
from twin2multicloud.operations.device_registration import Gateway
from twin2multicloud.planning.topology import Topology
from twin2multicloud.ports.invocation import Invocation
from twin2multicloud.ports.twin_graph import TwinGraph

_ALWAYS = ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
Moment = datetime | str | float | None
"""An instant as `domain.timestamps.canonical` reads it, or as a datetime; None is no limit."""


class ReadableTwin(ABC):
    """The hot readers of one twin. What is asked for by name and not known, the reader refuses (FinalError)."""

    @property
    @abstractmethod
    def catalog(self) -> DeviceCatalog:
        """The twin's devices."""

    @property
    @abstractmethod
    def readers(self) -> HotReaders:
        """The client of the hot readers. Raises ConfigurationError where they are not deployed."""

    def latest(self, device: str, *properties: str) -> dict[str, tuple[str | None, Scalar]]:
        """The latest value of each property with its time; of all where none is named, also of those that the device's
        type does not declare. The time of a constant is None.

        Raises TwinError where the reader does not answer.
        """
        if properties:
            return self.readers.latest(device, properties)
        return self.readers.latest(device, properties_of(self.catalog, device), undeclared=True)

    def undeclared(self, device: str) -> frozenset[str]:
        """What a device measured and its type does not declare. Raises as `latest` does."""
        declared = properties_of(self.catalog, device)
        return frozenset(self.readers.latest(device, (), undeclared=True)) - frozenset(declared)

    def history(
        self,
        device: str,
        *properties: str,
        since: Moment = None,
        until: Moment = None,
        limit: int = 100_000,
        every: timedelta | str | int | None = None,
        aggregate: str | None = None,
        archived: set[str] | None = None,
    ) -> dict[str, list[Point]]:
        """(time, value) by property in time order, after `since` and up to `until`; of the newest `limit` readings.

        Of all properties where none is named, undeclared ones too. From all tiers: adds to `archived` the chunks of
        that time that have to be restored before they can be read. Raises ValueError for an instant that is none,
        TwinError where the reader does not answer.

        With `every` (``"5m"``, whole seconds, a timedelta) the `aggregate` of each bucket of that length, under the
        time of its beginning: ``mean``, ``min``, ``max``, ``last`` or ``count``. The latter two are of booleans and
        texts too. `limit` is of buckets then.
        """
        names = properties or self._asked_by_default(device, aggregate or "mean" if every else "last")
        start, end = _stamp(since, _ALWAYS[0]), _stamp(until, _ALWAYS[1])
        length = f"{every // timedelta(milliseconds=1)}ms" if isinstance(every, timedelta) else every
        series = self.readers.history(
            device, names, start, end, limit * len(names), every=length, aggregate=aggregate, archived=archived
        )
        newest = set(sorted({stamp for points in series.values() for stamp, _ in points})[-limit:])
        return {name: [point for point in points if point[0] in newest] for name, points in series.items()}

    def _asked_by_default(self, device: str, aggregate: str) -> tuple[str, ...]:
        """The properties of a device that have an aggregate, undeclared ones too. Raises FinalError for none."""
        names = (*properties_of(self.catalog, device), *sorted(self.undeclared(device)))
        device_type = self.catalog.type_of(device)
        declared = {} if device_type is None else {each.name: each.data_type for each in device_type.properties}
        if aggregate in {*Aggregate}:  # else the reader says what it may be
            fitting = tuple(name for name in names if Aggregate(aggregate).fits(declared.get(name)))
            if names and not fitting:
                raise FinalError(f"{device} has no property that is a number; ask for last or count", 400)
            names = fitting
        return names[:MAX_PROPERTIES]


class OperatedTwin(ReadableTwin):
    """A twin with what its operator needs of it. Methods raise TwinError where it is not running."""

    files: DeviceFiles
    """Where devices' credentials are on this machine."""
    gateway_label: str
    """The cloud that its devices connect to, for people."""

    @property
    @abstractmethod
    def gateway(self) -> Gateway:
        """Where its devices sign in. Raises ConfigurationError where L1 is not deployed."""

    @property
    @abstractmethod
    def letters(self) -> TwinLetters:
        """Its dead letters."""

    @abstractmethod
    def errors(self, most: int, since: str = "") -> tuple[list[ErrorEvent], list[Cloud]]:
        """Its newest error events (from `since` on, canonical), newest first, and the clouds that do not answer."""

    @property
    @abstractmethod
    def placement(self) -> Placement:
        """Which cloud has which slot."""

    @abstractmethod
    def invocation(self, cloud: Cloud) -> Invocation:
        """Calls the functions of one of its clouds. Raises ConfigurationError where they are not deployed."""

    @property
    @abstractmethod
    def topology(self) -> Topology:
        """What was planned for it."""

    @property
    @abstractmethod
    def endpoints(self) -> Mapping[str, str]:
        """The URLs of the endpoints that are run, by component."""

    @abstractmethod
    def probe(self) -> AbstractContextManager[Callable[[bytes], None]]:
        """The device `domain.device.PROBE`, which may connect for the time of the block: what publishes as it.

        That returns when L1 has acknowledged a message, and raises RetryableError where it does not.
        """

    def waiting(self) -> Mapping[str, int]:
        """How many messages wait, by boundary, as far as its clouds say so."""
        return {}

    @property
    def graph(self) -> TwinGraph:
        """L4's twin service, where that is written to. Raises ConfigurationError where it is not deployed."""
        raise ConfigurationError("this twin has no twin service that is written to")

    @property
    def now(self) -> str:
        """The time of its clouds (canonical stamp)."""
        return from_datetime(datetime.now(UTC))

    @property
    def notes(self) -> Sequence[str]:
        """Notes on how it differs from the project, a sentence each."""
        return ()

    def explain_sign_in(self, device_ids: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - for those that can
        """Write the credentials of registered devices again, and return shell lines that publish as the first.

        Nothing happens where keys cannot be read back. Raises FinalError for a device that is not registered.
        """
        return ()


def open_twin(folder: Path, *, deployed: bool) -> OperatedTwin:
    """The twin of a project: the one on real clouds, or the one on this machine. Imports the one that it opens."""
    if deployed:
        from twin2multicloud.operations.deployed_twin import Deployment

        return Deployment(folder)
    from twin2multicloud.operations.local_twin import LocalTwin

    return LocalTwin(folder)


def properties_of(catalog: DeviceCatalog, device: str) -> list[str]:
    """The names of a device's properties. Raises ConfigurationError for a device that the twin does not have."""
    device_type = catalog.type_of(device)
    if device_type is None:
        suggestion = hint(device, catalog.ids()) or f"; it has {some_devices(catalog)}"
        raise ConfigurationError(f"the twin has no device {device!r}{suggestion}")
    return [each.name for each in device_type.properties]


def some_devices(catalog: DeviceCatalog) -> str:
    """The first few of its devices, for a person."""
    return ", ".join(islice(catalog.ids(), 8)) + (", …" if len(catalog) > 8 else "")


def _stamp(moment: Moment, otherwise: str) -> str:
    if moment is None:
        return otherwise
    return canonical(moment.isoformat() if isinstance(moment, datetime) else moment)

"""Topology -> one archive per function. Owns what a bundle holds and how it is packed: same input, same bytes.

A bundle holds what functions on its cloud can reach of our code, the entry that its runtime imports, the twin's data
and the user's processors where the function asks for them, and wheels where the runtime lacks them. Deploys nothing.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from twin2multicloud.domain.components import KINDS, Data
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.hosting.bundled import PROCESSORS, TWIN_FILE, BundledTwin
from twin2multicloud.hosting.user_code import processor_names
from twin2multicloud.packaging.entry import entry
from twin2multicloud.packaging.requirements import pinned, requirements
from twin2multicloud.packaging.sources import PACKAGE, shipped_modules, sources
from twin2multicloud.planning.coverage import functions_of
from twin2multicloud.planning.topology import Component, Topology

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format can say
_MODE = 0o100644  # Lambda needs files that everyone can read
_UNIX = 3


class Bundle(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One function, ready for its cloud. `files` are paths in the archive with their bytes."""

    cloud: Cloud
    function: str
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """Its file: ``aws/hot-reader.zip``. The rendered configuration looks for it under this name."""
        return f"{self.cloud}/{self.function}.zip"

    @cached_property
    def archive(self) -> bytes:
        """The zip. The same files give the same bytes, whenever and wherever the same zlib packs them."""
        return pack(self.files)

    @property
    def digest(self) -> str:
        """SHA-256 of the archive, hexadecimal."""
        return hashlib.sha256(self.archive).hexdigest()

    @property
    def own_bytes(self) -> int:
        """The size of our own code, zipped: without wheels and without the twin's data."""
        return len(pack({path: body for path, body in self.files.items() if path.startswith(f"{PACKAGE}/")}))


def bundles(
    twin: Twin,
    topology: Topology,
    processors: Mapping[str, bytes],
    vendored: Mapping[Cloud, Mapping[str, bytes]] | None = None,
) -> Iterator[Bundle]:
    """A bundle for every function of a topology that exists in code, cloud by cloud, in plan order.

    `processors` are the user's sources by file stem; `vendored` the unpacked wheels of a cloud, by path in the archive.
    Raises TwinError where a processor that the twin names is missing, or where shipped code has an unresolved import.
    """
    for cloud in topology.placement.clouds:
        wheels = (vendored or {}).get(cloud, {})
        for function in (each.name for each in packaged(topology, cloud)):
            code = sources(shipped_modules(cloud, [function]))
            root = entry(cloud, function, twin.name, asked(cloud))
            data = twin_files(function, twin, processors)
            yield Bundle(cloud=cloud, function=function, files={**wheels, **code, **root, **data})


def asked(cloud: Cloud) -> list[str]:
    """What functions on a cloud need that neither their runtime nor our code brings, pinned. Raises TwinError."""
    return [pinned(each) for each in requirements(cloud, shipped_modules(cloud))]


def packaged(topology: Topology, cloud: Cloud) -> list[Component]:
    """The functions of one cloud that have code; packaging reports the others as omitted."""
    return [each for each in functions_of(topology) if each.cloud == cloud]


def twin_files(function: str, twin: Twin, processors: Mapping[str, bytes]) -> dict[str, bytes]:
    """The twin's data and user code, as far as a function asks for it. Raises TwinError for a processor not there."""
    carried = KINDS[function].data
    data = BundledTwin(
        catalog=_shortened(twin.catalog, Data.PROCESSORS in carried) if Data.CATALOG in carried else DeviceCatalog(),
        hierarchy=twin.hierarchy if Data.HIERARCHY in carried else Hierarchy(),
    )
    files = {TWIN_FILE: msgspec.json.encode(data)}
    for name in processor_names(twin.catalog) if Data.PROCESSORS in carried else ():
        if name not in processors:
            raise TwinError(f"the twin names the processor {name!r}, but {PROCESSORS}/{name}.py does not exist")
        files[f"{PROCESSORS}/{name}.py"] = processors[name]
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files as a zip: sorted by name, at a fixed time, readable by everyone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, _EPOCH)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE << 16
            archive.writestr(info, files[path], compresslevel=9)
    return buffer.getvalue()


def _shortened(catalog: DeviceCatalog, kept: bool) -> DeviceCatalog:
    """Without signals, which no function reads; without processors' names where the function does not run them."""
    replace = msgspec.structs.replace
    types = tuple(
        replace(
            each,
            properties=tuple(replace(one, signal=None) for one in each.properties),
            processor=each.processor if kept else None,
        )
        for each in catalog.types
    )
    devices = tuple(replace(each, processor=each.processor if kept else None) for each in catalog.devices)
    return replace(catalog, types=types, devices=devices)

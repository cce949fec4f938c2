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

from twin2multicloud.domain.components import KINDS, Data, runs_user_code
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.hosting.bundled import ACTIONS, PROCESSORS, TWIN_FILE, BundledTwin
from twin2multicloud.hosting.user_code import action_names, processor_names
from twin2multicloud.packaging.entry import entry
from twin2multicloud.packaging.requirements import pinned, requirements
from twin2multicloud.packaging.sources import PACKAGE, shipped_modules, sources
from twin2multicloud.planning.coverage import functions_of
from twin2multicloud.planning.topology import Component, Topology
from twin2multicloud.planning.wiring import FORMATS_MODULE

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


class UserFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with the user's processors: `data` they read, by path in ``processors/``; `requirements` where a build
    reads them, and `vendored`, their unpacked wheels, where none does.
    """

    data: Mapping[str, bytes] = {}
    requirements: tuple[str, ...] = ()
    vendored: Mapping[Cloud, Mapping[str, bytes]] = {}


def bundles(
    twin: Twin,
    topology: Topology,
    processors: Mapping[str, bytes],
    vendored: Mapping[Cloud, Mapping[str, bytes]] | None = None,
    beside: UserFiles | None = None,
    actions: Mapping[str, bytes] | None = None,
) -> Iterator[Bundle]:
    """A bundle for every function of a topology that exists in code, cloud by cloud, in plan order.

    `processors` and `actions` are the user's sources by file stem; `vendored` the unpacked wheels of a cloud, by path
    in the archive; `beside` is what else the functions that run user code have.
    Raises TwinError where user code that the twin names is missing, or where shipped code has an unresolved import.
    """
    for cloud in topology.placement.clouds:
        for function in (each.name for each in packaged(topology, cloud)):
            own = beside if beside is not None and runs_user_code(function) else UserFiles()
            wheels = {**(vendored or {}).get(cloud, {}), **own.vendored.get(cloud, {})}
            code = sources(shipped_modules(cloud, [function], named=payload_modules(function, twin)))
            root = entry(cloud, function, twin.name, [*asked(cloud), *own.requirements])
            data = twin_files(function, twin, processors, own.data, actions)
            yield Bundle(cloud=cloud, function=function, files={**wheels, **code, **root, **data})


def asked(cloud: Cloud) -> list[str]:
    """What functions on a cloud need that neither their runtime nor our code brings, pinned. Raises TwinError."""
    return [pinned(each) for each in requirements(cloud, shipped_modules(cloud))]


def packaged(topology: Topology, cloud: Cloud) -> list[Component]:
    """The functions of one cloud that have code; packaging reports the others as omitted."""
    return [each for each in functions_of(topology) if each.cloud == cloud]


def twin_files(
    function: str,
    twin: Twin,
    processors: Mapping[str, bytes],
    beside: Mapping[str, bytes] | None = None,
    actions: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The twin's data and user code, as far as a function asks for it. Raises TwinError for a processor not there.

    `beside` are the files that user code may read, by path in ``processors/``.
    """
    carried = KINDS[function].data
    data = BundledTwin(
        catalog=_shortened(twin.catalog, carried) if _needs_catalog(carried, twin) else DeviceCatalog(),
        hierarchy=twin.hierarchy if Data.HIERARCHY in carried else Hierarchy(),
        rules=twin.events if Data.RULES in carried else (),
    )
    files = {TWIN_FILE: msgspec.json.encode(data)}
    for name in processor_names(twin.catalog) if Data.PROCESSORS in carried else ():
        if name not in processors:
            raise TwinError(f"the twin names the processor {name!r}, but {PROCESSORS}/{name}.py does not exist")
        files[f"{PROCESSORS}/{name}.py"] = processors[name]
        files |= {f"{PROCESSORS}/{path}": content for path, content in (beside or {}).items()}
    for name in action_names(twin.events) if Data.ACTIONS in carried else ():
        if actions is None or name not in actions:
            raise TwinError(f"a rule names the function {name!r}, but {ACTIONS}/{name}.py does not exist")
        files[f"{ACTIONS}/{name}.py"] = actions[name]
    return files


def payload_modules(function: str, twin: Twin) -> list[str]:
    """The modules that read the messages of a twin's types, where a function does that: only the presets in use."""
    if Data.PAYLOADS not in KINDS[function].data or not twin.catalog.payloads:
        return []
    folder = FORMATS_MODULE.rsplit(".", 1)[0]
    presets = {each.preset.replace("-", "_") for each in twin.catalog.payloads}
    return [FORMATS_MODULE, *(f"{folder}.{name}" for name in sorted(presets))]


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files as a zip: sorted by name, at a fixed time, readable by everyone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, _EPOCH)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE << 16
            archive.writestr(info, files[path], compresslevel=9)
    return buffer.getvalue()


def _needs_catalog(carried: frozenset[Data], twin: Twin) -> bool:
    return Data.CATALOG in carried or (Data.PAYLOADS in carried and bool(twin.catalog.payloads))


def _shortened(catalog: DeviceCatalog, carried: frozenset[Data]) -> DeviceCatalog:
    """Without signals, which no function reads, and without what the function does not run or read."""
    replace = msgspec.structs.replace
    kept = Data.PROCESSORS in carried
    types = tuple(
        replace(
            each,
            properties=tuple(replace(one, signal=None) for one in each.properties),
            processor=each.processor if kept else None,
            payload=each.payload if Data.PAYLOADS in carried else None,
            topics=(),
        )
        for each in catalog.types
    )
    devices = tuple(replace(each, processor=each.processor if kept else None) for each in catalog.devices)
    return replace(catalog, types=types, devices=devices)

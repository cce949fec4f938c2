"""Size of a bundle and cost of its import in a cold start. Measures in a fresh interpreter; judges nothing."""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.packaging.bundle import Bundle
from twin2multicloud.packaging.sources import PACKAGE

_PROBE = """
import importlib, sys, time
sys.path[:0] = sys.argv[1:]
begun = time.perf_counter()
import msgspec
ours = time.perf_counter()
for name in {modules}:
    importlib.import_module(name)
done = time.perf_counter()
print((ours - begun) * 1e3, (done - ours) * 1e3)
"""


class ColdImport(msgspec.Struct, frozen=True):
    """Milliseconds of wall time, best of some: msgspec, and our own code after it. Nothing is compiled before."""

    msgspec_ms: float
    own_ms: float

    @property
    def total_ms(self) -> float:
        """Both: what a cold start pays before the cloud's SDK."""
        return self.msgspec_ms + self.own_ms


class BundleReport(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report. Sizes are zipped bytes; `own_bytes` is our code without wheels and the twin's data."""

    name: str
    cloud: str
    function: str
    bytes: int
    own_bytes: int
    sha256: str
    cold: ColdImport | None = None


def report(bundle: Bundle, *, rounds: int = 0) -> BundleReport:
    """The report of a bundle; with `rounds` its cold import too, each in an interpreter of its own."""
    return BundleReport(
        name=bundle.name,
        cloud=bundle.cloud,
        function=bundle.function,
        bytes=len(bundle.archive),
        own_bytes=bundle.own_bytes,
        sha256=bundle.digest,
        cold=cold_import(bundle, rounds) if rounds else None,
    )


def cold_import(bundle: Bundle, rounds: int = 3) -> ColdImport:
    """What importing all of a bundle's code costs, without the SDK: that comes with the first client. Raises TwinError.

    No function imports all of it: what a cold start pays for is less.
    As on Lambda, nothing is compiled before and nothing can be kept: the folder is taken to be read-only. Vendored
    wheels are another platform's, so msgspec is the one that is installed here.
    """
    ours = sorted(_module(path) for path in bundle.files if path.startswith(f"{PACKAGE}/"))
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(bundle.archive)).extractall(folder)
        code = str(Path(folder))
        times = [_probe(code, ours) for _ in range(rounds)]
    return ColdImport(min(each[0] for each in times), min(each[1] for each in times))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _probe(folder: str, modules: Sequence[str]) -> tuple[float, float]:
    spec = find_spec("msgspec")
    assert spec is not None and spec.origin is not None  # noqa: S101,PT018 - it is imported above
    with tempfile.TemporaryDirectory() as only:
        (Path(only) / "msgspec").symlink_to(Path(spec.origin).parent)  # msgspec, and nothing else that is installed
        command = [sys.executable, "-I", "-S", "-B", "-c", _PROBE.format(modules=modules), only, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our interpreter
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise TwinError(f"the bundle cannot be imported: {said}")
    first, second = done.stdout.split()
    return float(first), float(second)

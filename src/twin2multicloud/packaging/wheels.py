"""Third-party wheels for a runtime that installs nothing itself. Owns fetching them and what of a wheel ships.

Fetches through the user's own ``pip`` and its settings, into a folder that the next build finds them in.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import packaging_of

PLATFORM = "manylinux2014_x86_64"
_LEFT_BEHIND = (".pyi", "/RECORD", "/WHEEL", "/py.typed", "/INSTALLER", "/REQUESTED", "/entry_points.txt")


def fetch(requirements: Sequence[str], python: str, cache: Path) -> list[Path]:
    """The wheels of requirements and of what they need, for Linux on x86-64 and a Python such as ``3.13``, sorted.

    Raises TwinError, with pip's last words, where one cannot be had.
    """
    if not requirements:
        return []
    key = hashlib.sha256(repr((sorted(requirements), python, PLATFORM)).encode()).hexdigest()[:16]
    folder = cache / key
    if not (folder / ".complete").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _download(requirements, python, folder)
        (folder / ".complete").touch()
    return sorted(folder.glob("*.whl"))


def unpacked(wheels: Sequence[Path], cloud: Cloud) -> dict[str, bytes]:
    """The files of wheels as placed in a bundle, licences among them, without stubs and pip's own records."""
    root = packaging_of(cloud).wheels_root
    files: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith(("/", *_LEFT_BEHIND)):
                    files[root + name] = archive.read(name)
    return files


def _download(requirements: Sequence[str], python: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    command += ["--only-binary=:all:", "--platform", PLATFORM, "--implementation", "cp", "--python-version", python]
    command += ["--dest", str(folder), *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our interpreter's pip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        wanted = ", ".join(requirements)
        raise TwinError(f"no wheels of {wanted} for Python {python}: {said}; --no-wheels packages without them")

"""One emulated cloud with functions from its bundles: ``python -P bundled_runtime.py PROJECT_FOLDER CLOUD BUNDLES``.

Owns where this process finds the package: first what the bundles carry, then, for the emulator around the functions,
this installation. A bundle carries what its function needs; one process hosts them all, so it takes each module from
the first that has it, and checks that all copies of a module are equal. As a program it must not import
the package before that is settled, so it runs the emulator by its name.
"""

import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PACKAGE = "twin2multicloud"


class BundlesFirst:
    """Finds the package's modules in every one of `folders`, the first that has one winning. See `sys.meta_path`."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A module's place; a package gets all its folders, so that the next search is in all of them too."""
        if name.split(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path or [str(each) for each in self._folders], target)
        if spec is not None and spec.submodule_search_locations is not None:
            parts = name.split(".")
            spec.submodule_search_locations = [str(each.joinpath(*parts)) for each in self._folders]
        return spec


def bundle_folders(bundles: Path) -> list[Path]:
    """The bundles that this process takes code from, by name; none where a cloud holds stores only."""
    if not bundles.is_dir():
        raise SystemExit(f"{bundles} is missing; run `t2mc up --runtime bundles` again")
    return sorted(path for path in bundles.iterdir() if (path / PACKAGE).is_dir())


def verified(bundles: Path) -> Path:
    """The bundles' folder, once every function is wired: what any of them carries is what runs, and is one code.

    Raises RuntimeError where a module came from elsewhere, or where bundles of one cloud differ in a module.
    """
    code: dict[Path, bytes] = {}
    for bundle in bundle_folders(bundles):
        for path in bundle.joinpath(PACKAGE).rglob("*.py"):
            known = code.setdefault(path.relative_to(bundle), path.read_bytes())
            if known != path.read_bytes():
                raise RuntimeError(f"{path} differs between bundles; run `t2mc up --runtime bundles` again")
    for name, module in sorted(sys.modules.items()):
        file = Path(str(getattr(module, "__file__", None)))
        if name.split(".")[0] == PACKAGE and _archived(file) in code and not file.is_relative_to(bundles):
            raise RuntimeError(f"{name} came from {file}, not from {bundles}")
    return bundles


def _archived(file: Path) -> Path:
    """A module's path as it is in a bundle."""
    parts = file.parts
    return Path(*parts[len(parts) - parts[::-1].index(PACKAGE) - 1 :]) if PACKAGE in parts else file


def main() -> None:
    """Start the cloud that the arguments name, from its bundles."""
    installed = Path(__file__).parents[3]
    sys.meta_path.insert(0, BundlesFirst([*bundle_folders(Path(sys.argv[3])), installed]))
    runpy.run_module("twin2multicloud.emulator", run_name="__main__")


if __name__ == "__main__":
    main()

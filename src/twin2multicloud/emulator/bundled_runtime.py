"""One emulated cloud whose functions run from its bundles: ``python -P bundled_runtime.py PROJECT_FOLDER CLOUD``.

Owns where this process finds the package: first what a bundle carries, then, for the emulator around the functions,
this installation. As a program it must not import the package before that is settled, so it imports it late.
"""

import sys
from pathlib import Path

BUNDLES = "bundle"
"""The folder of unpacked bundles, in the cloud's own folder of the state folder."""

SHIPPED = ("ports", "wire", "functions", "clouds")
"""What comes from the bundle and from nowhere else. Of `domain` the emulator needs nouns that no function ships."""


def code_folder(bundles: Path) -> Path:
    """The bundle that this process takes code from: all of a cloud carry the same, so the first by name will do."""
    found = sorted(path for path in bundles.glob("*") if (path / "twin2multicloud").is_dir())
    if not found:
        raise SystemExit(f"{bundles} holds no bundle; run `t2mc up --runtime bundles` again")
    return found[0]


def take_code_from(bundle: Path, installed: Path) -> None:
    """Put a bundle's package first, this installation's behind it."""
    sys.path.insert(0, str(bundle))
    import twin2multicloud
    import twin2multicloud.domain

    twin2multicloud.__path__.append(str(installed))
    twin2multicloud.domain.__path__.append(str(installed / "domain"))


def verified(bundles: Path) -> Path:
    """The bundle's folder, once every function is wired: all code of functions is from there, and in all bundles alike.

    Raises RuntimeError where a module came from elsewhere, or where bundles of one cloud differ in their code.
    """
    bundle = code_folder(bundles)
    package = bundle / "twin2multicloud"
    for name, module in sorted(sys.modules.items()):
        words = name.split(".")
        shipped = len(words) > 1 and words[0] == "twin2multicloud" and words[1] in SHIPPED
        if shipped and not Path(str(module.__file__)).is_relative_to(package):
            raise RuntimeError(f"{name} came from {module.__file__}, not from the bundle {bundle}")
    ours = _code(bundle)
    for other in bundles.iterdir():
        if _code(other) != ours:
            raise RuntimeError(f"{other} and {bundle} carry different code; run `t2mc up --runtime bundles` again")
    return bundle


def _code(bundle: Path) -> dict[Path, bytes]:
    return {path.relative_to(bundle): path.read_bytes() for path in (bundle / "twin2multicloud").rglob("*.py")}


def main() -> None:
    """Start the cloud that the arguments name, from its bundles."""
    folder, cloud = Path(sys.argv[1]), sys.argv[2]
    take_code_from(code_folder(folder / ".t2mc" / cloud / BUNDLES), Path(__file__).parents[1])
    from twin2multicloud.emulator.__main__ import main as run

    run()


if __name__ == "__main__":
    main()

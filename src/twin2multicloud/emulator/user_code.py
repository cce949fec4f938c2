"""Loading the user's processors from a folder, by file name. Owns import by path; runs nothing itself."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.functions.processing.processor import FindProcessor, UserProcessor


def load_processor(path: Path) -> UserProcessor:
    """The function ``process`` of a file. Raises ConfigurationError where the file cannot be run or has none."""
    spec = importlib.util.spec_from_file_location(f"twin_processor_{path.stem}", path)
    assert spec is not None and spec.loader is not None, path  # noqa: S101,PT018 - a .py path always has both
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigurationError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    process: Callable[..., object] | None = getattr(module, "process", None)
    if not callable(process):
        raise ConfigurationError(f"{path} defines no function process(telemetry)")
    return process


def find_processor_in(folder: Path, catalog: DeviceCatalog) -> FindProcessor:
    """Each device's processor. All files that the twin names are loaded now, so that a bad one fails at start."""
    names = {each.processor for each in catalog.types} | {each.processor for each in catalog.devices}
    loaded = {name: load_processor(folder / f"{name}.py") for name in sorted(filter(None, names))}
    if not loaded:
        return lambda _: None

    def find(device_id: str) -> UserProcessor | None:
        name = catalog.processor_of(device_id)
        return None if name is None else loaded[name]

    return find

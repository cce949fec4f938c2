"""Loading the user's processors and actions from a folder, by file name. Owns import by path; runs nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin2multicloud.domain.errors import ConfigurationError, line_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin2multicloud.domain.device import DeviceCatalog
    from twin2multicloud.domain.event_rule import EventRule
    from twin2multicloud.functions.events.event_action import FindAction
    from twin2multicloud.functions.processing.processor import FindProcessor, UserProcessor


def load_processor(path: str) -> UserProcessor:
    """The function ``process`` of a file. Raises ConfigurationError where the file cannot be run or has none."""
    process: UserProcessor = _load(path, "processor", "process(telemetry)")
    return process


def _load(path: str, kind: str, defines: str) -> Any:  # noqa: ANN401 - whatever the file has under that name
    import importlib.util  # costs a cold start 2 ms, and most functions have no user code
    import sys

    name = path.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
    spec = importlib.util.spec_from_file_location(f"twin_{kind}_{name}", path)
    assert spec is not None and spec.loader is not None, path  # noqa: S101,PT018 - a .py path always has both
    module = importlib.util.module_from_spec(spec)
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # two edits within a second would pass for one
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = line_in(error, spec.origin or path)
        place = f", line {line}," if line else ""
        raise ConfigurationError(f"{path}{place} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = wrote
    found = getattr(module, defines.partition("(")[0], None)
    if not callable(found):
        raise ConfigurationError(f"{path} defines no function {defines}")
    return found


def find_processor_in(folder: str, catalog: DeviceCatalog) -> FindProcessor | None:
    """Each device's processor; None where no device has one.

    All files that the twin names are loaded now, so that a bad one fails at start.

    Raises ConfigurationError for a file that is missing, cannot be run or has no ``process``.
    """
    loaded = {name: load_processor(f"{folder}/{name}.py") for name in processor_names(catalog)}
    if not loaded:
        return None

    def find(device_id: str) -> UserProcessor | None:
        name = catalog.processor_of(device_id)
        return None if name is None else loaded[name]

    return find


def processor_names(catalog: DeviceCatalog) -> tuple[str, ...]:
    """The processors that a twin's types and devices name, each once, sorted."""
    named = {each.processor for each in catalog.types} | {each.processor for each in catalog.devices}
    return tuple(sorted(filter(None, named)))


def find_action_in(folder: str, rules: Sequence[EventRule]) -> FindAction:
    """The functions that rules name. Raises ConfigurationError as `find_processor_in` does."""
    return {name: _load(f"{folder}/{name}.py", "action", "act(event)") for name in action_names(rules)}.get


def action_names(rules: Sequence[EventRule]) -> tuple[str, ...]:
    """The functions that rules name, each once, sorted."""
    return tuple(sorted({each.action.name for each in rules if each.action and each.action.kind == "function"}))

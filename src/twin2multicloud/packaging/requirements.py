"""Where imports of shipped code come from: the runtime or the bundle. A cloud's pack has its table."""

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packaging.sources import PACKAGE, imported
from twin2multicloud.planning.clouds import label_of, packaging_of

_THERE = ""
"""The runtime brings it, or the code does without where it is missing."""

_EVERYWHERE = {"msgspec": "msgspec", "isal": _THERE}


def requirements(cloud: Cloud, modules: Mapping[str, ast.Module]) -> tuple[str, ...]:
    """The distributions that a bundle has to bring, sorted. Raises TwinError for an unresolved import."""
    facts = packaging_of(cloud)
    table = {**_EVERYWHERE, **facts.brought_by}
    found: set[str] = set()
    for module, tree in modules.items():
        for name in _foreign(imported(tree)):
            if name in facts.namespaces:
                continue
            brought = _lookup(name, table)
            if brought is None:
                missing = f"neither {label_of(cloud)}'s runtime nor the bundle brings"
                raise TwinError(f"{module} imports {name}, which {missing}")
            found.add(brought)
    return tuple(sorted(found - {_THERE}))


def pinned(requirement: str) -> str:
    """A requirement at the version that is installed here, and so tested; as it is where it is not installed."""
    try:
        return f"{requirement}=={version(requirement)}"
    except PackageNotFoundError:
        return requirement


def _foreign(names: Iterable[str]) -> list[str]:
    """Imports outside this package and the standard library."""
    return sorted(each for each in names if each.split(".")[0] not in {PACKAGE, *sys.stdlib_module_names})


def _lookup(name: str, table: Mapping[str, str]) -> str | None:
    words = name.split(".")
    return next((table[prefix] for end in range(len(words), 0, -1) if (prefix := ".".join(words[:end])) in table), None)

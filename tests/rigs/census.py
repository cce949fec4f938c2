"""The file of a function that this package does not know, as it would stand in ``functions/storage/census.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin2multicloud.domain.components import Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from twin2multicloud.functions.triggers import Function
    from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """The function, from the parts that every function is made of."""
    store, catalog = parts.store, parts.ports.catalog

    def count(_: Mapping[str, Any]) -> Mapping[str, Any]:
        names = tuple(sorted({prop.name for kind in catalog.types for prop in kind.properties}))
        return {"devices": sum(bool(store.last(each.id, names)) for each in catalog.devices)}

    return parts.function({Trigger.CALL: count})

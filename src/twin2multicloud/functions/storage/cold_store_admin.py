"""Cold-store admin (L3-cold): lists the cold store, and erases a device's readings in it."""

from twin2multicloud.functions.storage.administration import ObjectStoreAdmin, admin_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Native call of the operator -> the cold store."""
    return admin_function(parts, ObjectStoreAdmin(parts.cold_store, parts.ports.clock).actions)

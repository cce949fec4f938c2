"""Hot-store admin (L3-hot): erases a device's readings in the hot store."""

from twin2multicloud.functions.storage.administration import HotStoreAdmin, admin_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Native call of the operator -> the hot store."""
    return admin_function(parts, HotStoreAdmin(parts.store, parts.ports.clock).actions)

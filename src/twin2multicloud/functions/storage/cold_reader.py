"""Cold-reader (L3-cold): answers the hot reader of another cloud out of the cold store."""

from twin2multicloud.functions.storage.tiers import reader_endpoint
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """HTTP -> the cold store."""
    return reader_endpoint(parts, parts.cold_store)

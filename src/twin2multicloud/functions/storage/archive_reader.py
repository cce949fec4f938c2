"""Archive-reader (L3-archive): answers the hot reader of another cloud out of the archive."""

from twin2multicloud.functions.storage.tiers import reader_endpoint
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """HTTP -> the archive."""
    return reader_endpoint(parts, parts.archive_store)

"""Archive-writer (L3-archive): the endpoint that takes chunks from another cloud and writes the archive."""

from twin2multicloud.functions.storage.tier_writer import writer_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """HTTP -> the archive."""
    return writer_function(parts, parts.archive_store)

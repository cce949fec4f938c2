"""Cold-writer (L3-cold): the endpoint that takes chunks from another cloud and writes the cold store."""

from twin2multicloud.functions.storage.tier_writer import writer_function
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """HTTP -> the cold store."""
    return writer_function(parts, parts.cold_store)

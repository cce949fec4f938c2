"""Connector (L1): deployed under the processor's name where L2 is on another cloud; posts to its ingestion."""

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Queue -> the ingestion endpoint on L2's cloud."""
    writer = parts.remote_writer("REMOTE_INGESTION_URL", "L2_CLOUD", Slot.L2)
    if writer is None:
        raise ConfigurationError("a connector needs L2 on another cloud; L2_CLOUD is this one")
    return parts.hand_over(writer, ErrorCode.INGESTION_UNREACHABLE)

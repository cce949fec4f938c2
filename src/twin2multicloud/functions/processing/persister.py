"""Persister (L2): writes readings to the hot store, here or through the hot-writer on another cloud."""

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Queue -> the hot store, or the hot-writer endpoint on L3-hot's cloud."""
    remote = parts.remote_writer("REMOTE_WRITER_URL", "L3_HOT_CLOUD", Slot.L3_HOT)
    return parts.hand_over(remote or parts.store_writer, ErrorCode.HOT_STORE_UNREACHABLE)

"""Twin-updater (L2): writes latest values to a twin service that does not read, here or on another cloud."""

from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.placement import Slot
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.twins.graph_writer import graph_writer
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Queue -> the twin service, or the twin-writer endpoint on L4's cloud."""
    remote = parts.remote_writer("REMOTE_TWIN_WRITER_URL", "L4_CLOUD", Slot.L4)
    return parts.hand_over(remote or graph_writer(parts), ErrorCode.TWIN_SERVICE_UNREACHABLE)

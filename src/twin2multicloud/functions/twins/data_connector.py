"""Data connector (L4): what a component type names as its data reader where L3-hot is on another cloud."""

from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.twins.reader_route import HISTORY, route
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Native call -> the hot reader on L3-hot's cloud, by POST with the token."""
    return route(parts, HISTORY)

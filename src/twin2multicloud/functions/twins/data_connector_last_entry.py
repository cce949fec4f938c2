"""Data connector for latest values (L4): the attribute reader of a component type where L3-hot is on another cloud."""

from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.twins.reader_route import LATEST, route
from twin2multicloud.functions.wiring import Parts


def build(parts: Parts) -> Function:
    """Native call -> the last-entry reader on L3-hot's cloud, by POST with the token."""
    return route(parts, LATEST)

"""Persister (L2): sees to it that readings reach the hot store, here or on another cloud. Need not know which."""

from twin2multicloud.functions.handover import Handover


class Persister(Handover):
    """A hand-over whose writer is the hot store, or the sender to the hot-writer."""

    error_code = "hot-store-unreachable"

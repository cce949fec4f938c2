"""Connector (L1): stands under the processor's name where L2 is on another cloud, and posts to its ingestion."""

from twin2multicloud.functions.handover import Handover


class Connector(Handover):
    """A hand-over whose writer is the sender to the ingestion endpoint."""

    error_code = "ingestion-unreachable"

"""The hot readers of a deployed twin: which cloud's caller opens them, by the outputs of the deployment.

Prints and asks nothing, and reads no state: whoever has the outputs has it.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.ports.invocation import Invocation


def open_readers(twin: Twin, outputs: Mapping[str, Any]) -> HotReaders:
    """The readers on the cloud that holds L3-hot. Raises ConfigurationError where they are not deployed there."""
    cloud = twin.placement[Slot.L3_HOT]
    if f"{cloud}_readers" not in outputs:
        raise ConfigurationError(
            f"{twin.name}'s readings are to be kept on {cloud.label}, and no reader is deployed there; "
            "run `t2mc deploy` first"
        )
    return HotReaders(_caller(cloud, outputs))


def _caller(cloud: Cloud, outputs: Mapping[str, Any]) -> Invocation:
    """Imported when it is opened: a cloud that is not used needs no SDK."""
    match cloud:
        case Cloud.AWS:
            from twin2multicloud.clouds.aws import invocation as aws

            return aws.open_invocation(outputs)
        case Cloud.AZURE:
            from twin2multicloud.clouds.azure import invocation as azure

            return azure.open_invocation(outputs)
        case Cloud.GCP:
            from twin2multicloud.clouds.gcp import invocation as gcp

            return gcp.open_invocation(outputs)

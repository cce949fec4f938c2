"""The hot readers of a deployed twin: which cloud's caller opens them, by the outputs of the deployment.

Prints and asks nothing, and reads no state: whoever has the outputs has it.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.functions.storage.reader_client import HotReaders
from twin2multicloud.planning.clouds import deployed_on, label_of


def open_readers(twin: Twin, outputs: Mapping[str, Any]) -> HotReaders:
    """The readers on the cloud that holds L3-hot. Raises ConfigurationError where they are not deployed there."""
    cloud = twin.placement[Slot.L3_HOT]
    if f"{cloud}_readers" not in outputs:
        raise ConfigurationError(
            f"{twin.name}'s readings are to be kept on {label_of(cloud)}, and no reader is deployed there; "
            "run `t2mc deploy` first"
        )
    return HotReaders(deployed_on(cloud).open_invocation(outputs))

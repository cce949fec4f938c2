"""Which resources of a configuration are one slot's: what its components are made of. Pure.

What they refer to (identities, queues of others, the cloud's own group) comes with them: the engine follows references.
"""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform.render import scope


def addresses_of(topology: Topology, config: Mapping[str, Any], slot: Slot) -> tuple[str, ...]:
    """The addresses of a slot's resources, sorted. Raises ConfigurationError where nothing of it is deployed."""
    keys = sorted({scope.key_of(each) for each in topology.components}, key=len, reverse=True)
    own = {scope.key_of(each) for each in topology.components if each.slot is slot}

    def whose(key: str) -> str | None:
        return next((each for each in keys if key == each or key.startswith(f"{each}_")), None)

    resources = config.get("resource", {})
    found = [f"{kind}.{key}" for kind, instances in resources.items() for key in instances if whose(key) in own]
    if not found:
        raise ConfigurationError(f"--slot {slot}: nothing of it is deployed from here; `t2mc plan` shows what it has")
    return tuple(sorted(found))

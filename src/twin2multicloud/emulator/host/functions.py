"""The functions of one emulated cloud: which there are, and each wired as the plan has it. Starts none of them."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.adapters.wiring import CloudParts, FunctionPorts, no_action
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets, Runtime, run_by_the_emulator
from twin2multicloud.functions.events.event_action import FindAction
from twin2multicloud.functions.processing.processor import FindProcessor
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import wire
from twin2multicloud.hosting.bundled import find_action, find_processor, load_twin
from twin2multicloud.hosting.user_code import find_action_in, find_processor_in
from twin2multicloud.planning.services import is_wired
from twin2multicloud.planning.topology import Component, ValueKind
from twin2multicloud.planning.wiring import READ_BY


class CloudFunctions:
    """`components` are the functions of one cloud that the emulator runs."""

    def __init__(self, deployment: LocalDeployment, secrets: LocalSecrets, cloud: Cloud) -> None:
        self.cloud, self._deployment, self._secrets = cloud, deployment, secrets
        self._coverage = run_by_the_emulator(deployment.topology)
        self.components = tuple(each for each in self._coverage.components if each.cloud == cloud and is_wired(each))

    @property
    def find_processor(self) -> FindProcessor | None:
        """Finds the user's code in the project."""
        folder = Path(self._deployment.folder) / "processors"
        return find_processor_in(str(folder), self._deployment.twin.catalog)

    @property
    def find_action(self) -> FindAction:
        """Finds the user's actions in the project; of a cloud without event actions there is none."""
        rules = self._deployment.twin.events if self._runs(Kind.EVENT_ACTION) else ()
        return find_action_in(str(Path(self._deployment.folder) / "actions"), rules)

    @property
    def has_events(self) -> bool:
        """Whether event rules are evaluated on this cloud."""
        return self._runs(Kind.EVENT_CHECKER)

    def _runs(self, kind: str) -> bool:
        return any(each.name == kind for each in self.components)

    def wired(self, component: Component, parts: CloudParts, on_dead: Callable[[int], None]) -> Function:
        """A function on what the functions of its cloud share. `on_dead` is called with how many messages died."""
        ports = FunctionPorts(self._carried(component, parts), component.deployed_as, on_dead)
        return wire(component.name, self._environment(component), ports)

    def device_gateway(self, parts: CloudParts) -> Function:
        """The function behind HTTPS publish. The plan has it as a service, which has no environment."""
        name = Kind.DEVICE_GATEWAY.value
        environment = {"CLOUD": self.cloud, "TWIN_NAME": self._deployment.twin.name}
        environment |= {"DEVICE_REGISTRY_NAME": self._deployment.state.device_registry.name, "DEVICE_TOPIC": name}
        dispatcher = self._deployment.topology[f"{self.cloud}.{Kind.DISPATCHER}"]
        environment |= {each.name: each.value for each in filter(None, map(dispatcher.variable, READ_BY))}
        return wire(name, environment, FunctionPorts(parts, name, nobody))

    def _environment(self, component: Component) -> dict[str, str]:
        """Resolve the plan's open values: URLs, deployed names, the token."""
        values: dict[str, str] = {}
        for variable in self._coverage.environment(component):
            match variable.kind:
                case ValueKind.LITERAL:
                    values[variable.name] = variable.value
                case ValueKind.URL:
                    values[variable.name] = self._deployment.url_of(variable.value)
                case ValueKind.TOKEN:
                    values[variable.name] = self._secrets.token
                case ValueKind.RESOURCE:
                    values[variable.name] = self._deployment.topology[variable.value].deployed_as
        return values

    def _carried(self, component: Component, parts: CloudParts) -> CloudParts:
        """What one function gets: run from bundles, the twin's data and the user's code come from its own."""
        if self._deployment.runtime is Runtime.SOURCE:
            return parts
        root = str(self._deployment.state.unpacked_bundles(self.cloud) / component.name)
        twin = load_twin(root)
        return msgspec.structs.replace(
            parts,
            catalog=twin.catalog,
            hierarchy=twin.hierarchy,
            rules=twin.rules,
            find_action=find_action(twin.rules, root) if component.name == Kind.EVENT_ACTION else no_action,
            find_processor=find_processor(twin.catalog, root),
        )


def nobody(_: int) -> None:
    """Dead letters of a function without a queue: there are none."""

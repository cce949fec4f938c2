"""A Terraform configuration being put together, as plain JSON values. Owns addresses and their uniqueness.

Form: Terraform's JSON configuration syntax (developer.hashicorp.com/terraform/language/syntax/json). Knows no cloud.
"""

from collections.abc import Mapping
from typing import Any

Json = Any
"""What the json module can write. Text may hold ``${...}`` references."""


class Configuration:
    """Collects blocks; `as_json` gives the whole, sorted, so that the same topology is the same text."""

    def __init__(self) -> None:
        self._blocks: dict[str, dict[str, Any]] = {}

    def resource(self, kind: str, key: str, /, **arguments: Json) -> str:
        """Declare a resource; its address. Raises ValueError where the address is taken."""
        self._declare("resource", kind, key, arguments)
        return f"{kind}.{key}"

    def data(self, kind: str, key: str, /, **arguments: Json) -> str:
        """Declare a data source; its address. Asking twice for the same is one declaration."""
        if key not in self._blocks.get("data", {}).get(kind, {}):
            self._declare("data", kind, key, arguments)
        return f"data.{kind}.{key}"

    def provider(self, name: str, /, **arguments: Json) -> None:
        """Configure a provider."""
        self._blocks.setdefault("provider", {})[name] = arguments

    def variable(self, name: str, description: str, kind: str = "string", **more: Json) -> str:
        """Declare an input variable; the expression that reads it, without ``${}``."""
        self._blocks.setdefault("variable", {})[name] = {"description": description, "type": kind, **more}
        return f"var.{name}"

    def output(self, name: str, value: Json, description: str) -> None:
        """Declare an output. Outputs hold names and URLs, never a secret."""
        self._blocks.setdefault("output", {})[name] = {"value": value, "description": description}

    def engine(self, **settings: Json) -> None:
        """Add to the ``terraform`` block: versions, providers, backend."""
        self._blocks.setdefault("terraform", {}).update(settings)

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers that are configured, or that a type needs by its first word; sorted."""
        kinds = [*self._blocks.get("resource", {}), *self._blocks.get("data", {})]
        return tuple(sorted({kind.split("_")[0] for kind in kinds} | self._blocks.get("provider", {}).keys()))

    def as_json(self) -> dict[str, Json]:
        """The configuration as the dict that becomes ``main.tf.json``."""
        return {block: _sorted(content) for block, content in sorted(self._blocks.items())}

    def _declare(self, block: str, kind: str, key: str, arguments: Mapping[str, Json]) -> None:
        declared = self._blocks.setdefault(block, {}).setdefault(kind, {})
        if key in declared:
            raise ValueError(f"{kind}.{key} is declared twice")
        declared[key] = {key: value for key, value in arguments.items() if value is not None}


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value

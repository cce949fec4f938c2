"""A provider that stands in for a real one: it takes what the schema takes, and remembers what it "made".

Owns what such a cloud does: computed values appear at apply, changing an argument that forces a new resource replaces.
Reaches no network. Messages: tfplugin6, by field number; the numbers are in Terraform's docs/plugin-protocol.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.rigs import terraform_schema, terraform_wire
from tests.rigs.terraform_wire import UNKNOWN, dynamic, encode, submessage, text, value_of

Values = dict[str, Any]
_MADE_UP: dict[tuple[str, str], Callable[[str], str]] = {
    # What has a form that the configuration counts on: a function URL ends with a slash, the others do not.
    ("aws_lambda_function_url", "function_url"): lambda digest: f"https://{digest}.lambda-url.eu-central-1.on.aws/",
    ("google_cloudfunctions2_function", "url"): lambda digest: f"https://europe-west1-project.run.app/{digest}",
    ("azurerm_function_app_flex_consumption", "default_hostname"): lambda digest: f"app-{digest}.azurewebsites.net",
    ("random_string", "result"): lambda digest: digest[:6],
    ("random_password", "result"): lambda digest: f"the-secret-{digest}",
}


class StandIn:
    """One provider. `made` is its cloud: address-less, by type and id; `calls` what was done, in order."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._lock = threading.Lock()
        self._count = 0
        self.made: dict[tuple[str, str], Values] = {}
        self.calls: list[tuple[str, str]] = []
        self.refuses: dict[str, str] = {}
        """Type -> the message with which the next creation of it fails, once."""
        self.seconds = 0.0
        """How long every change takes."""

    def of(self, kind: str) -> list[Values]:
        """Everything of one type that there is."""
        return [values for (each, _), values in self.made.items() if each == kind]

    def get_provider_schema(self, _: bytes) -> bytes:
        """Field 1 the provider, 2 resources, 3 data sources, 6 capabilities."""
        types = [
            (number, encode((1, kind), (2, terraform_schema.encoded(each))))
            for number, block in ((2, "resources"), (3, "data_sources"))
            for kind, each in self._schema[block].items()
        ]
        return encode((1, terraform_schema.encoded(self._schema["provider"])), *types, (6, encode((1, 1))))

    def accept(self, _: bytes) -> bytes:
        """No diagnostics: what the schema allows, the core has checked already."""
        return b""

    def upgrade_resource_state(self, raw: bytes) -> bytes:
        """State of the same version comes as JSON and goes as it is."""
        state = submessage(terraform_wire.decode(raw), 3)
        found = state[1][-1]
        assert isinstance(found, bytes)
        return encode((1, encode((2, found))))

    def read_resource(self, raw: bytes) -> bytes:
        """What is still there, as it is; None for what somebody took away."""
        message = terraform_wire.decode(raw)
        kind, current = text(message, 1), value_of(message, 2)
        return encode((1, dynamic(current if (kind, str(current["id"])) in self.made else None)))

    def plan_resource_change(self, raw: bytes) -> bytes:
        """Computed values that are not known yet are unknown; some changes replace."""
        message = terraform_wire.decode(raw)
        kind, prior, proposed = text(message, 1), value_of(message, 2), value_of(message, 3)
        if proposed is None:
            return encode((1, dynamic(None)), (5, 1))
        schema = self._schema["resources"][kind]
        replaced = [] if prior is None else _replacing(schema, prior, value_of(message, 4))

        def plan(path: tuple[str, ...], _: Any, computed: bool, value: Any) -> Any:
            if path[-1].endswith("_wo"):
                return None  # write-only: never kept
            return UNKNOWN if computed and (value is None or (replaced and path == ("id",))) else value

        terraform_schema.visit(schema, proposed, plan)
        return encode((1, dynamic(proposed)), *terraform_wire.attribute_paths(replaced), (5, 1))

    def apply_resource_change(self, raw: bytes) -> bytes:
        """Make, change or take away."""
        message = terraform_wire.decode(raw)
        kind, prior, planned = text(message, 1), value_of(message, 2), value_of(message, 3)
        time.sleep(self.seconds)
        with self._lock:
            if prior is None and kind in self.refuses:
                refusal = terraform_wire.error(self.refuses.pop(kind), "The stand-in was told to refuse this.")
                return encode((1, dynamic(None)), (3, refusal))
            self.calls.append(("delete" if planned is None else "create" if prior is None else "update", kind))
            if planned is None:
                del self.made[kind, str(prior["id"])]
            else:
                self._make(kind, planned)
        return encode((1, dynamic(planned)), (4, 1))

    def read_data_source(self, raw: bytes) -> bytes:
        """Everything that is computed, made up."""
        message = terraform_wire.decode(raw)
        kind, config = text(message, 1), value_of(message, 2)
        digest = _digest(kind)

        def fill(path: tuple[str, ...], type_: Any, computed: bool, value: Any) -> Any:
            return _made_up(kind, path, type_, digest) if computed and value is None else value

        terraform_schema.visit(self._schema["data_sources"][kind], config, fill)
        return encode((1, dynamic(config)))

    def _make(self, kind: str, planned: Values) -> None:
        self._count += 1
        digest = _digest(f"{kind} {self._count}")

        def fill(path: tuple[str, ...], type_: Any, _: bool, value: Any) -> Any:
            return _made_up(kind, path, type_, digest) if value == UNKNOWN else value

        terraform_schema.visit(self._schema["resources"][kind], planned, fill)
        self.made[kind, str(planned["id"])] = planned


def _replacing(schema: Mapping[str, Any], prior: Values, config: Values) -> list[str]:
    """The arguments that differ and that the provider cannot change in place."""
    forced = {name for name in schema.get("force_new", ()) if "." not in name} & set(schema["arguments"])
    known = {name for name in forced if config.get(name) is not None and config[name] != UNKNOWN}
    return sorted(name for name in known if prior.get(name) != config[name])


def _digest(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:12]


def _made_up(kind: str, path: tuple[str, ...], type_: Any, digest: str) -> Any:
    """A computed value of the right type; the same for the same resource."""
    if isinstance(type_, list):
        return {} if type_[0] in ("map", "object") else []
    if type_ == "bool":
        return False
    if type_ == "number":
        return 1
    special = _MADE_UP.get((kind, path[-1]))
    return special(digest) if special is not None else f"{kind}-{path[-1]}-{digest}"

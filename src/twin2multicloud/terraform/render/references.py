"""How one cloud's resources are referred to: by its own functions and, for URLs, by other clouds'.

Owns the step from the topology's variables to what a function's environment says. Every cloud gives one `References`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.topology import Component, Topology, ValueKind, Variable
from twin2multicloud.planning.wiring import TOKEN_VARIABLE
from twin2multicloud.ports.cloud_account import Needs
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import CloudScope

TOKEN_SECRET_VARIABLE = f"{TOKEN_VARIABLE}_SECRET"
"""Names the secret that holds the token. The token itself is in no function's configuration."""

_A, _B = "random_password.inter_cloud_token.result", "random_password.inter_cloud_token_b.result"
TOKEN = f'${{join(",", [for each in split(",", var.token_order) : each == "a" ? {_A} : {_B}])}}'
"""The text of the secret: the token that is sent, and with a comma another one that is accepted. Two take turns,
so that one can follow the other (`operations.rotation`)."""
SUFFIX = "${random_string.suffix.result}"
"""Six letters and digits that make a name globally unique."""


class References(msgspec.Struct, frozen=True):
    """Expressions of one cloud, with ``${}``.

    `url` is where an endpoint is; `resource` is what a function needs to reach a component of its own cloud (a queue's
    URL, a table's name); `token_secret` names the secret that holds the token between clouds.
    """

    url: Callable[[Component], str]
    resource: Callable[[Component], str]
    token_secret: str


class Clouds(msgspec.Struct, frozen=True):
    """The references of every cloud in use, and the topology they are about."""

    topology: Topology
    of: Mapping[Cloud, References]

    def environment(self, cloud: Cloud, variables: tuple[Variable, ...]) -> dict[str, str]:
        """The environment of a function of `cloud`: the topology's variables, each by what it is."""
        return dict(self._entry(self.of[cloud], each) for each in variables)

    def _entry(self, own: References, variable: Variable) -> tuple[str, str]:
        match variable.kind:
            case ValueKind.LITERAL:
                return variable.name, variable.value
            case ValueKind.TOKEN:
                return TOKEN_SECRET_VARIABLE, own.token_secret
            case ValueKind.RESOURCE:
                return variable.name, own.resource(self.topology[variable.value])
            case ValueKind.URL:
                target = self.topology[variable.value]
                return variable.name, self.of[target.cloud].url(target)


class Renderer(msgspec.Struct, frozen=True, kw_only=True):
    """What writes one cloud's part of the configuration.

    `provide` adds the provider alone, `render` everything of a site; `versions` are those of the providers that they
    name. `needs_suffix`: names there are unique in the world, not only in the account.
    `needs` is what a rendered configuration takes of the deployer's account, `policy` the role or policy that allows
    so much, for a twin; None where nobody has said it.
    """

    references: References
    provide: Callable[[Configuration, str], None]
    render: Callable[[Configuration, CloudScope, Clouds], None]
    versions: Mapping[str, str]
    needs_suffix: bool
    needs: Callable[[Mapping[str, Any]], Needs] | None = None
    policy: Callable[[Sequence[str], str], Mapping[str, Any]] | None = None

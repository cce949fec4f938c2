"""Topology -> Terraform JSON, the whole of it. Owns versions, variables and what the clouds share: the token, a suffix.

Pure: the same topology and backend give the same dict. What each component is on a cloud is in that cloud's folder.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import known_clouds, label_of, pack, renderer_of
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.references import Clouds, Renderer

ENGINE_VERSION = ">= 1.5.0"  # of Terraform and OpenTofu: nothing newer is used
SHARED_VERSIONS = {"random": "3.7.2", "time": "0.13.1"}
"""Of the providers that belong to no cloud. As with each `Renderer.versions`, exactly what ``terraform/schemas`` was
taken from: what was checked is what is installed."""

IDENTITY = "deployment"
"""The output that says whose a state is: the twin's name, and where it is deployed."""

_TOKEN_LENGTH = 48  # 286 bits of letters and digits


class Backend(msgspec.Struct, frozen=True):
    """Where the engine keeps its state: ``local``, ``s3``, ``azurerm`` or ``gcs``, with the backend's own settings."""

    kind: str = "local"
    settings: dict[str, str] = {}


BACKENDS = ("local", "s3", "azurerm", "gcs")


def render(
    topology: Topology, backend: Backend | None = None, before: frozenset[Cloud] = frozenset()
) -> dict[str, Any]:
    """The configuration of everything in the slice, as the content of ``main.tf.json``.

    `before` are clouds that an earlier placement used: their providers stay, so that their resources can be removed.
    Raises ConfigurationError for a backend that does not exist, and for a cloud that nothing is rendered for.

    >>> sorted(render(plan(load_project("examples/smart-home").twin))["provider"])
    ['aws', 'azurerm', 'google']
    """
    config = Configuration()
    found = scope.sites(topology)
    _variables(config)
    left = sorted(before - {site.cloud for site in found})
    used = {cloud: renderer_of(cloud) for cloud in (*topology.placement.clouds, *left)}
    _shared(config, [(site, used[site.cloud]) for site in found])
    references = Clouds(topology, {cloud: each.references for cloud, each in used.items()})
    for site in found:
        used[site.cloud].render(config, site, references)
        urls = {each.name: references.of[site.cloud].url(each.component) for each in site.endpoints}
        config.output(f"{site.cloud}_endpoints", urls, f"URLs of the endpoints on {label_of(site.cloud)}, by function")
    for cloud in left:
        used[cloud].provide(config, topology.twin)
    where = {name: f"${{var.{name}}}" for name in places(config.as_json())}
    config.output(IDENTITY, {"twin": topology.twin, **where}, "Whose deployment this is, and where")
    versions = provider_versions(used.values())
    config.engine(
        required_version=ENGINE_VERSION,
        required_providers={
            name: {"source": f"hashicorp/{name}", "version": versions[name]} for name in config.providers
        },
        backend=_backend(backend or Backend()),
    )
    return config.as_json()


def variables() -> frozenset[str]:
    """The names of all input variables that any twin may have."""
    config = Configuration()
    _variables(config)
    _tokens(config)
    for renderer in renderers():
        renderer.provide(config, "")
    return frozenset(config.as_json()["variable"])


def places(config: Mapping[str, Any]) -> list[str]:
    """The variables of a configuration that say where a deployment is: another value would be another deployment."""
    return sorted(name for name in config["variable"] if name.endswith(("_region", "_location", "_project")))


def renderers() -> tuple[Renderer, ...]:
    """Those of every cloud that has one."""
    return tuple(renderer_of(cloud) for cloud in known_clouds() if pack(cloud).renderer)


def provider_versions(used: Iterable[Renderer]) -> dict[str, str]:
    """The version of every provider that some clouds' parts may name."""
    return SHARED_VERSIONS | {name: version for each in used for name, version in each.versions.items()}


def _variables(config: Configuration) -> None:
    config.variable("bundles", "Folder of the functions' bundles: <cloud>/<function>.zip")
    config.variable("log_retention_days", "Log retention in days", "number", default=30)


def _shared(config: Configuration, found: Sequence[tuple[scope.CloudScope, Renderer]]) -> None:
    if any(site.needs_token for site, _ in found):
        _tokens(config)
    if any(renderer.needs_suffix for _, renderer in found):
        # Names that are globally unique, not only in the account.
        config.resource("random_string", "suffix", length=6, special=False, upper=False)


TOKEN_ORDER, TOKEN_TURNS = "token_order", ("token_a", "token_b")
"""The variables that say which tokens are valid, the one to send first; and how often each was made anew."""


def _tokens(config: Configuration) -> None:
    config.variable(TOKEN_ORDER, "Valid tokens between clouds, the one to send first: a, b or both", default="a")
    for name, key in zip(TOKEN_TURNS, ("inter_cloud_token", "inter_cloud_token_b"), strict=True):
        config.variable(name, "Another value makes this token anew", default="0")
        config.resource(
            "random_password", key, length=_TOKEN_LENGTH, special=False, keepers={"turn": f"${{var.{name}}}"}
        )


def _backend(backend: Backend) -> dict[str, dict[str, str]]:
    if backend.kind not in BACKENDS:
        raise ConfigurationError(f"unknown state backend {backend.kind!r}, expected one of {', '.join(BACKENDS)}")
    return {backend.kind: dict(sorted(backend.settings.items()))}

"""Topology -> Terraform JSON, the whole of it. Owns versions, variables and what the clouds share: the token, a suffix.

Pure: the same topology and backend give the same dict. What each component is on a cloud is in that cloud's folder.
"""

from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.topology import Topology
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import cloud as aws
from twin2multicloud.terraform.render.on_azure import cloud as azure
from twin2multicloud.terraform.render.on_gcp import cloud as gcp
from twin2multicloud.terraform.render.references import Clouds

ENGINE_VERSION = ">= 1.5.0"  # of Terraform and OpenTofu: nothing newer is used
PROVIDER_VERSIONS = {"aws": "6.66.0", "azurerm": "4.73.0", "google": "6.50.0", "random": "3.7.2", "time": "0.13.1"}
"""Exactly what ``terraform/schemas`` was taken from: what was checked is what is installed."""

_TOKEN_LENGTH = 48  # 286 bits of letters and digits
_CLOUDS = {Cloud.AWS: aws, Cloud.AZURE: azure, Cloud.GCP: gcp}


class Backend(msgspec.Struct, frozen=True):
    """Where the engine keeps its state: ``local``, ``s3``, ``azurerm`` or ``gcs``, with the backend's own settings."""

    kind: str = "local"
    settings: dict[str, str] = {}


BACKENDS = ("local", "s3", "azurerm", "gcs")


def render(
    topology: Topology, backend: Backend | None = None, before: frozenset[Cloud] = frozenset()
) -> dict[str, Any]:
    """The configuration of everything in the slice, as the content of ``main.tf.json``.

    `before` are clouds that an earlier placement used: their providers stay, or nobody could remove what is there.
    Raises ConfigurationError for a backend that does not exist.
    """
    config = Configuration()
    found = scope.sites(topology)
    _variables(config)
    _shared(config, found)
    clouds = Clouds(topology, {cloud: module.REFERENCES for cloud, module in _CLOUDS.items()})
    for site in found:
        _CLOUDS[site.cloud].render(config, site, clouds)
    for cloud in sorted(before - {site.cloud for site in found}):
        _CLOUDS[cloud].provide(config, topology.twin)
    config.engine(
        required_version=ENGINE_VERSION,
        required_providers={
            name: {"source": f"hashicorp/{name}", "version": PROVIDER_VERSIONS[name]} for name in config.providers
        },
        backend=_backend(backend or Backend()),
    )
    return config.as_json()


def variables() -> frozenset[str]:
    """The names of all input variables that any twin may have."""
    config = Configuration()
    _variables(config)
    for module in _CLOUDS.values():
        module.provide(config, "")
    return frozenset(config.as_json()["variable"])


def _variables(config: Configuration) -> None:
    config.variable("bundles", "The folder with the functions' bundles: <cloud>/<function>.zip")
    config.variable("log_retention_days", "How long logs are kept, in days", "number", default=30)


def _shared(config: Configuration, found: tuple[scope.CloudScope, ...]) -> None:
    if any(site.needs_token for site in found):
        config.resource("random_password", "inter_cloud_token", length=_TOKEN_LENGTH, special=False)
    if any(site.cloud in (Cloud.AZURE, Cloud.GCP) for site in found):
        # Names that are unique in the world, not only in the account.
        config.resource("random_string", "suffix", length=6, special=False, upper=False)


def _backend(backend: Backend) -> dict[str, dict[str, str]]:
    if backend.kind not in BACKENDS:
        raise ConfigurationError(f"state is kept in {', '.join(BACKENDS)}; found {backend.kind!r}")
    return {backend.kind: dict(sorted(backend.settings.items()))}

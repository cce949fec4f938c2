"""Who brings what shipped code imports: the runtime, the bundle, or nobody. Owns the table; fetches nothing.

What the runtimes have: boto3 (docs.aws.amazon.com, lambda python-package), azure.functions (learn.microsoft.com,
functions-reference-python); on Cloud Run what requirements.txt lists and nothing else (cloud.google.com, run runtimes
python-dependencies).
"""

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packaging.sources import PACKAGE, imported

_THERE = ""
"""The runtime brings it, or the code does without where it is missing."""

BROUGHT_BY: Mapping[Cloud, Mapping[str, str]] = {
    Cloud.AWS: {"boto3": _THERE, "botocore": _THERE, "awslambdaric": _THERE},
    Cloud.AZURE: {
        "azure.functions": _THERE,
        "azure.core": "azure-core",
        "azure.cosmos": "azure-cosmos",
        "azure.data.tables": "azure-data-tables",
        "azure.eventgrid": "azure-eventgrid",
        "azure.eventhub": "azure-eventhub",
        "azure.identity": "azure-identity",
        "azure.keyvault.secrets": "azure-keyvault-secrets",
        "azure.servicebus": "azure-servicebus",
        "azure.storage.blob": "azure-storage-blob",
        "azure.storage.queue": "azure-storage-queue",
    },
    Cloud.GCP: {
        "flask": _THERE,
        "functions_framework": "functions-framework",
        "google.api_core": "google-api-core",
        "google.auth": "google-auth",
        "google.cloud.firestore": "google-cloud-firestore",
        "google.cloud.firestore_v1": "google-cloud-firestore",
        "google.cloud.pubsub": "google-cloud-pubsub",
        "google.cloud.pubsub_v1": "google-cloud-pubsub",
        "google.cloud.secretmanager": "google-cloud-secret-manager",
        "google.cloud.secretmanager_v1": "google-cloud-secret-manager",
        "google.cloud.storage": "google-cloud-storage",
        "google.pubsub_v1": "google-cloud-pubsub",
        "grpc": "grpcio",
    },
}
"""Import -> the distribution that the bundle has to bring; empty where the runtime has it."""

_EVERYWHERE = {"msgspec": "msgspec", "isal": _THERE}
_NAMESPACES = frozenset({"azure", "azure.data", "azure.keyvault", "azure.storage", "google", "google.cloud"})


def requirements(cloud: Cloud, modules: Mapping[str, ast.Module]) -> tuple[str, ...]:
    """The distributions that a bundle has to bring, sorted. Raises TwinError for an import that nobody brings."""
    table = {**_EVERYWHERE, **BROUGHT_BY[cloud]}
    found: set[str] = set()
    for module, tree in modules.items():
        for name in _foreign(imported(tree)):
            if name in _NAMESPACES:
                continue
            brought = _lookup(name, table)
            if brought is None:
                raise TwinError(f"{module} imports {name}, which neither {cloud.label}'s runtime nor the bundle brings")
            found.add(brought)
    return tuple(sorted(found - {_THERE}))


def pinned(requirement: str) -> str:
    """A requirement at the version that is installed here, and so tested; as it is where it is not installed."""
    try:
        return f"{requirement}=={version(requirement)}"
    except PackageNotFoundError:
        return requirement


def _foreign(names: Iterable[str]) -> list[str]:
    """What is neither ours nor the standard library's."""
    return sorted(each for each in names if each.split(".")[0] not in {PACKAGE, *sys.stdlib_module_names})


def _lookup(name: str, table: Mapping[str, str]) -> str | None:
    words = name.split(".")
    return next((table[prefix] for end in range(len(words), 0, -1) if (prefix := ".".join(words[:end])) in table), None)

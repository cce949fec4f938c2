"""What whoever deploys has to be allowed on Google Cloud, by resource type of the configuration. Pure.

Permissions are ``service.collection.verb`` (cloud.google.com/iam/docs/permissions-reference); which of them the
provider uses is by its documentation, and no project has confirmed it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.ports.cloud_account import Needs

_FIRST = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")
"""By these the deployment switches the others on."""

_CRUD = ("create", "delete", "get", "update")
_IAM = ("getIamPolicy", "setIamPolicy")


def _on(collection: str, *verbs: str) -> tuple[str, ...]:
    return tuple(f"{collection}.{verb}" for verb in verbs)


_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "google_cloud_run_service_iam_member": _on("run.services", "get", "update", *_IAM),
    "google_cloud_scheduler_job": (*_on("cloudscheduler.jobs", *_CRUD), "iam.serviceAccounts.actAs"),
    "google_cloudfunctions2_function": (
        *_on("cloudfunctions.functions", *_CRUD),
        "cloudfunctions.operations.get",
        "iam.serviceAccounts.actAs",
    ),
    "google_firestore_database": _on("datastore.databases", *_CRUD, "getMetadata"),
    "google_firestore_field": _on("datastore.indexes", "get", "list", "update"),
    "google_logging_project_bucket_config": _on("logging.buckets", *_CRUD),
    "google_logging_project_sink": _on("logging.sinks", *_CRUD),
    "google_project_iam_member": _on("resourcemanager.projects", *_IAM),
    "google_project_service": _on("serviceusage.services", "enable", "get", "list"),
    "google_pubsub_subscription": (*_on("pubsub.subscriptions", *_CRUD), "pubsub.topics.attachSubscription"),
    "google_pubsub_subscription_iam_member": _on("pubsub.subscriptions", *_IAM),
    "google_pubsub_topic": _on("pubsub.topics", *_CRUD),
    "google_pubsub_topic_iam_member": _on("pubsub.topics", *_IAM),
    "google_secret_manager_secret": _on("secretmanager.secrets", *_CRUD),
    "google_secret_manager_secret_iam_member": _on("secretmanager.secrets", *_IAM),
    "google_secret_manager_secret_version": _on("secretmanager.versions", "access", "add", "destroy", "enable", "get"),
    "google_service_account": _on("iam.serviceAccounts", *_CRUD),
    "google_storage_bucket": _on("storage.buckets", *_CRUD),
    "google_storage_bucket_iam_member": _on("storage.buckets", *_IAM),
    "google_storage_bucket_object": _on("storage.objects", "create", "delete", "get", "list"),
}


def needs(config: Mapping[str, Any]) -> Needs:
    """What a configuration takes of the project. Raises KeyError for a resource type that the table lacks."""
    kinds = [kind for kind in config["resource"] if kind.startswith("google_")]
    members = config["resource"].get("google_cloud_run_service_iam_member", {})
    return Needs(
        permissions=tuple(
            sorted({"resourcemanager.projects.get", *(each for kind in kinds for each in _BY_KIND[kind])})
        ),
        services=_FIRST,
        functions=len(config["resource"].get("google_cloudfunctions2_function", {})),
        is_open=any(each.get("member") == "allUsers" for each in members.values()),
    )


def policy(permissions: Sequence[str], twin: str) -> Mapping[str, Any]:
    """A custom role with those permissions, as ``gcloud iam roles create --file`` takes it (JSON is YAML)."""
    return {
        "title": f"Deployer of {twin}",
        "description": f"Deploys the digital twin {twin}",
        "stage": "GA",
        "includedPermissions": list(permissions),
    }

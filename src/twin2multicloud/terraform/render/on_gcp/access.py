"""What each function may do on Google Cloud: one service account per function, and a role only where a link asks.

Roles are granted on the one topic or secret. Firestore knows roles on projects only; a condition narrows it to one
database (firestore/docs/security/iam#iam_conditions).
"""

from twin2multicloud.domain.components import Access
from twin2multicloud.terraform.render.configuration import Configuration, Json
from twin2multicloud.terraform.render.names import fitted
from twin2multicloud.terraform.render.on_gcp.references import PROJECT, SERVICES_ON, TOKEN_SECRET_NAME, member, topic
from twin2multicloud.terraform.render.scope import READ_ONLY, FunctionView, key_of

READ_DATABASE = "roles/datastore.viewer"
_CHANGE_DATABASE = "roles/datastore.user"
_TITLES = {"hot_store": "the twin's hot store", "error_table": "errors", "event_table": "events"}
_OBJECT_ROLES = {
    frozenset({Access.READ}): "roles/storage.objectViewer",
    frozenset({Access.WRITE}): "roles/storage.objectUser",  # an object that is there is compared
    frozenset({Access.READ, Access.DELETE}): "roles/storage.objectUser",
    frozenset({Access.READ, Access.WRITE, Access.DELETE, Access.RESTORE}): "roles/storage.objectUser",
}


def render(config: Configuration, function: FunctionView) -> list[str]:
    """Declare a function's service account and roles; what it waits for, since its first start already needs them."""
    key = function.key
    account(config, key, function.component.deployed_as, function.component.reason[:100])
    targets = (*["error_topic"] * function.reports, *map(key_of, function.puts_into))
    granted = [publisher(config, f"{key}_to_{each}", each, member(key)) for each in targets]
    if function.needs_token:
        token = config.resource(
            "google_secret_manager_secret_iam_member",
            key,
            secret_id=TOKEN_SECRET_NAME,
            role="roles/secretmanager.secretAccessor",
            member=member(key),
        )
        granted += [token, "google_secret_manager_secret_version.inter_cloud_token"]
    for store, allowed in function.objects:
        granted.append(_bucket(config, key, key_of(store), _OBJECT_ROLES[frozenset(allowed)]))
    for called in map(key_of, function.calls):
        _invoker(config, called, key, member(key))
    for target, access in function.tables:
        role = READ_DATABASE if access == READ_ONLY else _CHANGE_DATABASE
        granted.append(database(config, key, "store", role, _TITLES[target], target))
    return granted


def _bucket(config: Configuration, key: str, store: str, role: str) -> str:
    return config.resource(
        "google_storage_bucket_iam_member",
        f"{key}_{store}",
        bucket=f"${{google_storage_bucket.{store}.name}}",
        role=role,
        member=member(key),
    )


def account(config: Configuration, key: str, name: str, purpose: str) -> None:
    """Declare a service account."""
    config.resource(
        "google_service_account",
        key,
        account_id=fitted(name, 30),
        display_name=purpose,
        depends_on=SERVICES_ON,
    )


def publisher(config: Configuration, key: str, target: str, who: str) -> str:
    """Grant publishing to the topic of the key `target`; the grant's address."""
    return config.resource(
        "google_pubsub_topic_iam_member", key, topic=topic(target), role="roles/pubsub.publisher", member=who
    )


def invoker(config: Configuration, function: FunctionView, purpose: str, who: str) -> None:
    """Grant calling a function."""
    _invoker(config, function.key, purpose, who)


def open_to_all(config: Configuration, function: FunctionView) -> None:
    """Let anybody call a function, unless the deployment says that its service is to check nobody.

    Organisations made since May 2024 refuse ``allUsers``; to switch the check off is Cloud Run's way around, and no
    argument of a function (run/docs/authenticating/public): `operations.opening` does it after the apply.
    """
    _invoker(config, function.key, "open", "allUsers", count='${var.gcp_open == "allUsers" ? 1 : 0}')


def _invoker(config: Configuration, called: str, purpose: str, who: str, **more: Json) -> None:
    address = f"google_cloudfunctions2_function.{called}"
    config.resource(
        "google_cloud_run_service_iam_member",
        f"{called}_{purpose}",
        location=f"${{{address}.location}}",
        service=f"${{{address}.name}}",
        role="roles/run.invoker",
        member=who,
        **more,
    )


def database(config: Configuration, key: str, purpose: str, role: str, title: str, target: str) -> str:
    """Let a function use the Firestore database of that key, and no other; the grant's address."""
    return config.resource(
        "google_project_iam_member",
        f"{key}_{purpose}",
        project=PROJECT,
        role=role,
        member=member(key),
        condition=[
            {
                "title": title,
                "expression": f'resource.name == "${{google_firestore_database.{target}.id}}"',
            }
        ],
    )

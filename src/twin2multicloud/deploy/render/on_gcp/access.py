"""What each function may do on Google Cloud: one service account per function, and a role only where a link asks.

Roles are granted on the one topic or secret. Firestore knows roles on projects only; a condition narrows it to the
twin's database (firestore/docs/security/iam#iam_conditions).
"""

from twin2multicloud.deploy.render.configuration import Configuration
from twin2multicloud.deploy.render.names import fitted
from twin2multicloud.deploy.render.on_gcp.references import PROJECT, SERVICES_ON, TOKEN_SECRET_NAME, member, topic
from twin2multicloud.deploy.render.scope import FunctionView, StoreAccess, key_of

_STORE_ROLES = {StoreAccess.READ: "roles/datastore.viewer", StoreAccess.WRITE: "roles/datastore.user"}


def render(config: Configuration, function: FunctionView) -> None:
    """Declare a function's service account and roles."""
    key = function.key
    config.resource(
        "google_service_account",
        key,
        account_id=fitted(function.component.deployed_as, 30),
        display_name=function.component.reason[:100],
        depends_on=SERVICES_ON,
    )
    _publisher(config, key, "error_topic")
    for target in function.puts_into:
        _publisher(config, key, key_of(target))
    if function.needs_token:
        config.resource(
            "google_secret_manager_secret_iam_member",
            key,
            secret_id=TOKEN_SECRET_NAME,
            role="roles/secretmanager.secretAccessor",
            member=member(key),
        )
    if function.store is not None:
        _store(config, key, function.store)


def _publisher(config: Configuration, key: str, target: str) -> None:
    config.resource(
        "google_pubsub_topic_iam_member",
        f"{key}_to_{target}",
        topic=topic(target),
        role="roles/pubsub.publisher",
        member=member(key),
    )


def _store(config: Configuration, key: str, access: StoreAccess) -> None:
    config.resource(
        "google_project_iam_member",
        f"{key}_store",
        project=PROJECT,
        role=_STORE_ROLES[access],
        member=member(key),
        condition=[
            {
                "title": "the twin's hot store",
                "expression": 'resource.name == "${google_firestore_database.hot_store.id}"',
            }
        ],
    )

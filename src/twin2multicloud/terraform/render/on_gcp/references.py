"""How Google Cloud resources of the slice are referred to. Owns the addresses that other files and other clouds use."""

from twin2multicloud.domain.components import KINDS, Kind, Trigger
from twin2multicloud.planning.topology import Component
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.references import References

REGION = "${var.gcp_region}"
PROJECT = "${var.gcp_project}"
TOKEN_SECRET_NAME = "${google_secret_manager_secret.inter_cloud_token.name}"  # noqa: S105 - a reference

SERVICES_ON = ["time_sleep.services_on"]
"""What everything waits for that a service has to be switched on for."""


def topic(key: str) -> str:
    """The full name of a topic: ``projects/<project>/topics/<topic>``."""
    return f"${{google_pubsub_topic.{key}.id}}"


def member(key: str) -> str:
    """A function's service account, as IAM names it."""
    return f"${{google_service_account.{key}.member}}"


def _url(component: Component) -> str:
    return f"${{google_cloudfunctions2_function.{scope.key_of(component)}.url}}/{component.name}"


def _resource(component: Component) -> str:
    if component.name in (Kind.HOT_STORE, Kind.ERROR_TABLE, Kind.EVENT_TABLE):
        return f"${{google_firestore_database.{scope.key_of(component)}.name}}"
    if component.name in scope.OBJECT_STORES:
        return f"${{google_storage_bucket.{scope.key_of(component)}.name}}"
    if component.name in KINDS and Trigger.CALL in KINDS[component.name].triggers:  # its address, and its audience
        return f"${{google_cloudfunctions2_function.{scope.key_of(component)}.service_config[0].uri}}"
    return topic(scope.key_of(component))


REFERENCES = References(url=_url, resource=_resource, token_secret=TOKEN_SECRET_NAME)

"""A Google Cloud project, for whoever is about to deploy to it: over Google's REST APIs. Ships in no bundle.

``projects:testIamPermissions`` and ``projects:getEffectiveOrgPolicy`` (cloud.google.com
resource-manager/reference/rest/v1), ``services:batchGet`` (service-usage/docs/reference/rest/v1; 30 names at most) and
``projects.getBillingInfo`` (billing/docs/reference/rest/v1). Signs in with the application default credentials.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from twin2multicloud.clouds.gcp.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError, TwinError
from twin2multicloud.ports.cloud_account import Needs, Obstacle

_MANAGER = "https://cloudresourcemanager.googleapis.com/v1/projects"
_AT_ONCE = 100  # permissions of one question
_SECONDS = 30


class Session(Protocol):
    """What is used of google-auth's ``AuthorizedSession``."""

    def request(self, method: str, url: str, **options: Any) -> Any: ...  # noqa: ANN401, D102 - requests' answer


class CloudProject:
    """A `CloudAccount`. `project` is the project's id; `unchecked`: endpoints are opened without ``allUsers``."""

    def __init__(self, session: Session, project: str, *, unchecked: bool = False) -> None:
        self._session, self._project, self._unchecked = session, project, unchecked

    def identity(self) -> str:
        """See `CloudAccount`."""
        found = self._asked("GET", f"{_MANAGER}/{self._project}")
        return f"project {found.get('name', '?')} ({self._project}), {found.get('lifecycleState', '?')}"

    def missing(self, permissions: Sequence[str]) -> Sequence[str]:
        """See `CloudAccount`."""
        held: set[str] = set()
        for start in range(0, len(permissions), _AT_ONCE):
            asked = {"permissions": list(permissions[start : start + _AT_ONCE])}
            answer = self._asked("POST", f"{_MANAGER}/{self._project}:testIamPermissions", asked)
            held.update(answer.get("permissions", ()))
        return [each for each in permissions if each not in held]

    def obstacles(self, needs: Needs, *, is_new: bool) -> Iterator[Obstacle]:
        """See `CloudAccount`. Other services than those are switched on by the deployment; names have a suffix."""
        yield from self._services(needs.services)
        if is_new:
            yield from self._pub_sub_agent()
        yield from self._billing()
        if needs.is_open and not self._unchecked:
            yield from self._public_members()

    def _states(self, names: Sequence[str]) -> dict[str, str | None]:
        """Which services are on, by name."""
        query = "&".join(f"names=projects/{self._project}/services/{each}" for each in names)
        url = f"https://serviceusage.googleapis.com/v1/projects/{self._project}/services:batchGet?{query}"
        found = self._asked("GET", url).get("services", [])
        return {each["name"].rsplit("/", 1)[-1]: each.get("state") for each in found}

    def _services(self, names: Sequence[str]) -> Iterator[Obstacle]:
        states = self._states(names)
        for name in names:
            if states.get(name) != "ENABLED":
                remedy = f"gcloud services enable {name} --project {self._project}"
                yield Obstacle(f"{name}, by which the others are switched on, is off", remedy)

    def _pub_sub_agent(self) -> Iterator[Obstacle]:
        """The deployment grants Pub/Sub's agent roles, and google has no resource that makes it; google-beta has."""
        if self._states(["pubsub.googleapis.com"]).get("pubsub.googleapis.com") != "ENABLED":
            make = f"gcloud beta services identity create --service pubsub.googleapis.com --project {self._project}"
            enable = f"gcloud services enable pubsub.googleapis.com --project {self._project}"
            yield Obstacle(
                "Pub/Sub was never used here, and its service agent may come late", f"{enable}; {make}", False
            )

    def _billing(self) -> Iterator[Obstacle]:
        try:
            found = self._asked("GET", f"https://cloudbilling.googleapis.com/v1/projects/{self._project}/billingInfo")
        except TwinError as error:
            yield Obstacle(f"whether billing is on could not be seen: {error}", "look at it in the console", False)
            return
        if not found.get("billingEnabled"):
            link = f"gcloud billing projects link {self._project} --billing-account ACCOUNT"
            yield Obstacle("no billing account pays for the project, so that its services refuse to start", link)

    def _public_members(self) -> Iterator[Obstacle]:
        constraint = "constraints/iam.allowedPolicyMemberDomains"
        allow = "gcloud resource-manager org-policies describe iam.allowedPolicyMemberDomains --effective"
        remedy = f"give --var gcp_open=unchecked; {allow} --project {self._project} shows the policy"
        try:
            url = f"{_MANAGER}/{self._project}:getEffectiveOrgPolicy"
            listed = self._asked("POST", url, {"constraint": constraint}).get("listPolicy", {})
        except TwinError as error:
            yield Obstacle(f"whether a policy forbids allUsers could not be seen: {error}", remedy, False)
            return
        if listed.get("allowedValues") or listed.get("deniedValues") or listed.get("allValues") == "DENY":
            yield Obstacle(f"{constraint} restricts members, so that endpoints cannot be open to allUsers", remedy)

    def _asked(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return asked(self._session, method, url, body)


def asked(session: Session, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Google's answer to one request of an operator's. Raises RetryableError, ConfigurationError, FinalError."""
    doing = f"asking Google Cloud for {url.split('?')[0].rsplit('/', 1)[-1]}"
    try:
        with domain_errors(doing):
            answer = session.request(method, url, json=body, timeout=_SECONDS)
            content = answer.json() if answer.content else {}
    except (OSError, ValueError) as error:  # those of requests, and what is no JSON
        raise RetryableError(f"{doing}: no answer ({type(error).__name__})") from error
    if answer.status_code == 200:
        found: dict[str, Any] = content
        return found
    said = content.get("error", {}).get("message", "") if isinstance(content, dict) else ""
    message = f"{doing}: Google Cloud answered {answer.status_code}: {said[:300]}"
    if answer.status_code in (401, 403):
        raise ConfigurationError(message)
    if answer.status_code == 429 or answer.status_code >= 500:
        raise RetryableError(message)
    raise FinalError(message, answer.status_code)


def operators_session(purpose: str) -> Session:
    """Signed in with the application default credentials. Raises ConfigurationError where google-auth is missing."""
    try:
        import google.auth
        from google.auth.transport.requests import AuthorizedSession
    except ImportError as error:
        raise ConfigurationError(f"{purpose} google-auth: pip install 'twin2multicloud[gcp]'") from error
    with domain_errors("signing in to Google Cloud"):
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    session: Session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]  # Google's has no types
    return session


def open_account(variables: Mapping[str, str], twin: str) -> CloudProject:  # noqa: ARG001 - for others
    """The project of the variable ``gcp_project``. Raises ConfigurationError where google-auth is not installed."""
    session = operators_session("looking at Google Cloud needs")
    return CloudProject(session, variables["gcp_project"], unchecked=variables.get("gcp_open") == "unchecked")

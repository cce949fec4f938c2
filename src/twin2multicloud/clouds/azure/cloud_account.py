"""A subscription, for whoever is about to deploy to it: over Azure Resource Manager. Ships in no bundle.

``GET …/providers/Microsoft.Authorization/permissions`` (2022-04-01) gives the caller's actions with wildcards; it is
documented for a resource group (learn.microsoft.com/rest/api/authorization/permissions), which does not exist yet, and
asked of the subscription here. Resource providers: learn.microsoft.com/rest/api/resources/providers/get (2021-04-01).
Flex Consumption's regions are recalled of ``az functionapp list-flexconsumption-locations``: no certain obstacle.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from twin2multicloud.clouds.azure.invocation import MANAGEMENT, connect, operator
from twin2multicloud.clouds.azure.sdk_errors import by_status, domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.ports.cloud_account import Needs, Obstacle

if TYPE_CHECKING:
    from twin2multicloud.clouds.azure.invocation import Client

_SUBSCRIPTIONS, _PERMISSIONS, _RESOURCES, _WEB = "2022-12-01", "2022-04-01", "2021-04-01", "2024-04-01"


class _Permission(msgspec.Struct, rename="camel"):
    actions: list[str] = []
    not_actions: list[str] = []

    def allows(self, action: str) -> bool:
        return _matches(self.actions, action) and not _matches(self.not_actions, action)


class _Permissions(msgspec.Struct):
    value: list[_Permission]


class Subscription:
    """A `CloudAccount`. `location` is where the twin is to be."""

    def __init__(self, client: "Client", subscription: str, location: str) -> None:
        self._client, self._subscription, self._location = client, subscription, location

    def identity(self) -> str:
        """See `CloudAccount`."""
        found = self._asked("", _SUBSCRIPTIONS)
        return f"subscription {found.get('displayName', '?')} ({self._subscription}), {found.get('state', '?')}"

    def missing(self, permissions: Sequence[str]) -> Sequence[str]:
        """See `CloudAccount`."""
        answer = self._asked("/providers/Microsoft.Authorization/permissions", _PERMISSIONS)
        held = msgspec.convert(answer, _Permissions).value
        return [each for each in permissions if not any(some.allows(each) for some in held)]

    def obstacles(self, needs: Needs, *, is_new: bool) -> Iterator[Obstacle]:
        """See `CloudAccount`. Azure Policy is not asked: what an assignment denies is known by its definition alone."""
        for namespace in needs.services:
            state = self._asked(f"/providers/{namespace}", _RESOURCES).get("registrationState")
            if state not in ("Registered", "Registering"):
                remedy = f"az provider register --namespace {namespace}"
                yield Obstacle(f"the resource provider {namespace} is not registered", remedy)
        yield from self._regions()
        for kind, name in needs.names if is_new else ():
            if self._exists(f"/resourcegroups/{name}"):
                remedy = f"az group delete --name {name}, or rename the twin"
                yield Obstacle(f"a {kind} {name} is there, and not of this deployment", remedy)

    def _regions(self) -> Iterator[Obstacle]:
        answer = self._asked("/providers/Microsoft.Web/geoRegions", _WEB, {"sku": "FlexConsumption"})
        regions = sorted(_plain(str(each.get("name", ""))) for each in answer.get("value", []))
        if regions and _plain(self._location) not in regions:
            yield Obstacle(
                f"Flex Consumption, on which the functions run, is not offered in {self._location}",
                f"t2mc deploy --var azure_location=REGION, one of {', '.join(regions)}",
                certain=False,
            )

    def _exists(self, path: str) -> bool:
        try:
            self._asked(path, _RESOURCES)
        except FinalError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _asked(self, path: str, version: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        from azure.core.rest import HttpRequest

        doing = f"asking Azure for {path.rsplit('/', 1)[-1] or 'the subscription'}"
        url = self._client.format_url(f"/subscriptions/{self._subscription}{path}")
        with domain_errors(doing):
            request = HttpRequest("GET", url, params={"api-version": version, **(query or {})})
            answer = self._client.send_request(request)
        if answer.status_code == 404:
            raise FinalError(f"{doing}: Azure answered 404", 404)
        if answer.status_code != 200:
            raise by_status(doing, answer.status_code, answer.text()[:300], answer.headers)
        try:
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(f"{doing}: the endpoint did not answer as Azure Resource Manager") from error


def _matches(patterns: Sequence[str], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE) is not None for each in patterns
    )


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()


def open_account(variables: Mapping[str, str], twin: str) -> Subscription:  # noqa: ARG001 - for others
    """The subscription of ``ARM_SUBSCRIPTION_ID``, as the provider takes it. Signs in as azure-identity does.

    Raises ConfigurationError where the variable or azure-identity is missing.
    """
    subscription = os.environ.get("ARM_SUBSCRIPTION_ID", "")
    if not subscription:
        raise ConfigurationError(
            "ARM_SUBSCRIPTION_ID is not in the environment; `az account show --query id --output tsv` prints it"
        )
    client = connect(MANAGEMENT, MANAGEMENT, operator("looking at Azure needs"))
    return Subscription(client, subscription, variables["azure_location"])

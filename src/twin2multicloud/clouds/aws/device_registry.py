"""The devices of a twin on AWS IoT Core: a thing, a certificate and the twin's policy for each. Ships in no bundle.

A thing bears its device's id, for that is the client id that the policy lets a certificate connect under, and has two
attributes: whose it is (``twin``) and its certificate's ARN. The policy is attached last, after the credentials were
given: a certificate without it opens nothing, so who has the policy is who is registered, and a whole fleet is listed
with two calls for each 250 devices. An interrupted registration holds no policy; the next one replaces it.

Calls, patterns and what is asynchronous: botocore's model of iot. An account has quotas for these calls a second
(docs.aws.amazon.com, AWS IoT Core endpoints and quotas); boto3's adaptive retries keep to them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from twin2multicloud.clouds.aws.device_connection import CERTIFICATE as CERTIFICATE
from twin2multicloud.clouds.aws.device_connection import PRIVATE_KEY as PRIVATE_KEY
from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.hosting.function_ports import SystemClock
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.device_registry import DeviceCredentials

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_THING_NAME = re.compile(r"[a-zA-Z0-9:_-]{1,128}")
_ALLOWED = "up to 128 letters, digits and : _ -"
_OF_ANOTHER = "this account has a thing of that name in this region that belongs to another owner"
_PAGE = 250  # the most that lists answer at once
_AT_ONCE = 8
_PATIENCE_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # detaching is asynchronous, and takes seconds
_STILL_ATTACHED = ("DeleteConflictException", "InvalidRequestException")  # of a certificate, of a thing


class Iot(Protocol):
    """What is used of boto3's ``iot`` client."""

    def describe_thing(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def create_thing(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def delete_thing(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def list_thing_principals(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def attach_thing_principal(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def detach_thing_principal(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def create_keys_and_certificate(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def update_certificate(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def delete_certificate(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def attach_policy(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def detach_policy(self, **request: object) -> object: ...  # noqa: D102 - as boto3 documents it
    def get_paginator(self, operation_name: str) -> Any: ...  # noqa: D102, ANN401 - boto3 makes its classes when it runs


class IotCoreDeviceRegistry:
    """A `DeviceRegistry` in one account and region. `policy` names the IoT policy of the twin's devices.

    `further` are the policies that some devices have beside it, by id: those of gateways.
    """

    def __init__(
        self,
        client: Iot,
        twin: str,
        policy: str,
        clock: Clock,
        page: int = _PAGE,
        further: Mapping[str, str] | None = None,
    ) -> None:
        self._client, self._twin, self._policy, self._clock, self._page = client, twin, policy, clock, page
        self._further = further or {}

    def register(self, device_ids: Iterable[str]) -> Iterator[DeviceCredentials]:
        """See `ports.device_registry.DeviceRegistry`. FinalError also, in the end, for another owner's thing."""
        wanted = list(dict.fromkeys(device_ids))
        for each in wanted:
            if not _THING_NAME.fullmatch(each):
                raise FinalError(f"device {each!r} cannot be a thing's name on AWS, which is {_ALLOWED}")
        return self._register(wanted)

    def registered(self) -> Iterator[str]:
        """See `ports.device_registry.DeviceRegistry`. What was broken off may have lost its policy, and is not here."""
        open_to = self._certificates_with_policy()
        with domain_errors("listing devices"):
            for thing in self._listed("list_things", "things", attributeName="twin", attributeValue=self._twin):
                if thing.get("attributes", {}).get("certificate") in open_to:
                    yield thing["thingName"]

    def remove(self, device_ids: Iterable[str]) -> None:
        """See `ports.device_registry.DeviceRegistry`. Leaves things of other owners alone."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._remove, dict.fromkeys(device_ids)))

    def _register(self, wanted: Sequence[str]) -> Iterator[DeviceCredentials]:
        known = set(self.registered())
        missing = [each for each in wanted if each not in known]
        refused: list[FinalError] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(missing), _AT_ONCE):
                for made in pool.map(self._attempt, missing[start : start + _AT_ONCE]):
                    if isinstance(made, FinalError):
                        refused.append(made)
                        continue
                    arn, credentials = made
                    yield credentials
                    with domain_errors(f"registering {credentials.device_id}"):
                        if credentials.device_id in self._further:
                            self._client.attach_policy(policyName=self._further[credentials.device_id], target=arn)
                        self._client.attach_policy(policyName=self._policy, target=arn)
        if refused:
            raise refused[0]

    def _attempt(self, device_id: str) -> tuple[str, DeviceCredentials] | FinalError:
        """Prepare; a final refusal must not block the devices after it."""
        try:
            return self._prepare(device_id)
        except FinalError as error:
            return error

    def _prepare(self, device_id: str) -> tuple[str, DeviceCredentials]:
        """Everything but the policy; the certificate's ARN and what the device gets."""
        self._remove(device_id, refuse=True)
        with domain_errors(f"registering {device_id}"):
            made = self._client.create_keys_and_certificate(setAsActive=True)
            arn = made["certificateArn"]
            attributes = {"twin": self._twin, "certificate": arn}
            self._client.create_thing(thingName=device_id, attributePayload={"attributes": attributes})
            self._client.attach_thing_principal(thingName=device_id, principal=arn)
        files = {CERTIFICATE: made["certificatePem"], PRIVATE_KEY: made["keyPair"]["PrivateKey"]}
        return arn, DeviceCredentials(device_id, files)

    def _remove(self, device_id: str, *, refuse: bool = False) -> None:
        """Remove a thing and what it signs in with. One of another owner stays, or is refused."""
        with domain_errors(f"removing {device_id}"):
            attributes = self._attributes(device_id)
            if attributes is None:
                return
            if attributes.get("twin") != self._twin:
                if refuse:
                    raise FinalError(f"{device_id}: {_OF_ANOTHER}")
                return
            for arn in self._certificates_of(device_id, attributes):
                self._revoke(device_id, arn)
            self._once_settled(f"thing {device_id}", lambda: self._client.delete_thing(thingName=device_id))

    def _revoke(self, device_id: str, arn: str) -> None:
        """First it opens nothing any more; the policy, by which it is listed, goes almost last."""
        client, certificate = self._client, arn.rsplit("/", 1)[1]
        _unless_gone(lambda: client.update_certificate(certificateId=certificate, newStatus="INACTIVE"))
        _unless_gone(lambda: client.detach_thing_principal(thingName=device_id, principal=arn))
        for policy in filter(None, (self._further.get(device_id), self._policy)):
            _unless_gone(partial(client.detach_policy, policyName=policy, target=arn))
        self._once_settled(
            f"certificate of {device_id}",
            lambda: client.delete_certificate(certificateId=certificate, forceDelete=True),
        )

    def _once_settled(self, what: str, delete: Callable[[], object]) -> None:
        """Delete, as soon as AWS no longer sees what was detached a moment ago."""
        from botocore.exceptions import ClientError

        for seconds in _PATIENCE_S:
            try:
                _unless_gone(delete)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _STILL_ATTACHED:
                    raise
                self._clock.sleep(seconds)
            else:
                return
        raise RetryableError(f"the {what} is still attached on AWS; detaching takes a while")

    def _attributes(self, device_id: str) -> Mapping[str, str] | None:
        """The attributes of a thing; None where there is none."""
        found: list[Mapping[str, str]] = []
        if _THING_NAME.fullmatch(device_id):
            _unless_gone(lambda: found.append(self._client.describe_thing(thingName=device_id).get("attributes", {})))
        return found[0] if found else None

    def _certificates_of(self, device_id: str, attributes: Mapping[str, str]) -> list[str]:
        """The ARNs of what a thing is known by: what it is attached to, and what it has noted."""
        principals = self._client.list_thing_principals(thingName=device_id)["principals"]
        noted = attributes.get("certificate")
        return list(dict.fromkeys([*(each for each in principals if ":cert/" in each), *([noted] if noted else [])]))

    def _certificates_with_policy(self) -> set[str]:
        """The ARNs of the certificates with the twin's policy; none where there is no such policy."""
        found: set[str] = set()
        targets = self._listed("list_targets_for_policy", "targets", policyName=self._policy)
        with domain_errors("listing devices"):
            _unless_gone(lambda: found.update(targets))
        return found

    def _listed(self, operation: str, what: str, **request: str) -> Iterator[Any]:
        """What a list holds, page by page."""
        pages = self._client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": self._page})
        return (each for page in pages for each in page[what])


def open_registry(outputs: Mapping[str, str]) -> IotCoreDeviceRegistry:
    """The registry of a deployed twin, by its outputs ``twin``, ``aws_region`` and ``aws_device_policy``.

    Signs in as boto3 finds credentials. Raises ConfigurationError where boto3 is not installed.
    """
    settings = {"retries": {"mode": "adaptive", "total_max_attempts": 10}, "max_pool_connections": _AT_ONCE}
    client = operators_client("devices on AWS need", "iot", outputs["aws_region"], settings)
    gateways = filter(None, outputs.get("aws_gateways", "").split(","))  # an output there is only with gateways
    further = dict.fromkeys(gateways, outputs.get("aws_gateway_policy", ""))
    return IotCoreDeviceRegistry(client, outputs["twin"], outputs["aws_device_policy"], SystemClock(), further=further)


def _unless_gone(call: Callable[[], object]) -> None:
    """Call; ignores resources that no longer exist."""
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if not _is_gone(error):
            raise


def _is_gone(error: "ClientError") -> bool:
    return bool(error.response["Error"]["Code"] == "ResourceNotFoundException")

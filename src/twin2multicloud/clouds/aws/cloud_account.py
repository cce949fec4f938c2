"""An AWS account, for whoever is about to deploy to it: STS, IAM's policy simulation, Lambda's settings.

``SimulatePrincipalPolicy`` takes the ARN of a user, group or role, not of a session (docs.aws.amazon.com IAM API
reference; botocore's model), so that an assumed role is asked for by its role; root may do everything. It sees an
organisation's policies, and no session policy. ``GetAccountSettings``: docs.aws.amazon.com lambda API reference.
Ships in no bundle.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from twin2multicloud.clouds.aws.invocation import operators_client
from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.ports.cloud_account import Needs, Obstacle

_AT_ONCE = 100
_LEAST_CONCURRENCY = 100
"""Executions at once that a twin's functions want; a new account may have 10 (lambda, gettingstarted-limits)."""


class Clients(Protocol):
    """boto3's clients of the account and region, by service."""

    def __call__(self, service: str) -> Any: ...  # noqa: ANN401, D102 - boto3 makes its classes when it runs


class Account:
    """A `CloudAccount`, in one region, for one twin: what may be done to roles is asked of the twin's."""

    def __init__(self, client: Clients, region: str, twin: str) -> None:
        self._client, self._region, self._twin = client, region, twin

    def identity(self) -> str:
        """See `CloudAccount`."""
        found = self._caller()
        return f"account {found['Account']}, as {found['Arn']}, in {self._region}"

    def missing(self, permissions: Sequence[str]) -> Sequence[str]:
        """See `CloudAccount`. Raises ConfigurationError where the deployer may not ask."""
        caller = self._caller()
        arn = str(caller["Arn"])
        if arn.endswith(":root"):
            return ()
        of_roles = [each for each in permissions if each.startswith("iam:")]
        others = [each for each in permissions if not each.startswith("iam:")]
        role = f"arn:{arn.split(':')[1]}:iam::{caller['Account']}:role/{self._twin}-any"
        with domain_errors("asking IAM for permissions"):
            source = self._source(arn)
            return [*self._denied(source, others, "*"), *self._denied(source, of_roles, role)]

    def _denied(self, source: str, actions: Sequence[str], resource: str) -> Iterator[str]:
        simulate = self._client("iam").get_paginator("simulate_principal_policy").paginate
        for start in range(0, len(actions), _AT_ONCE):
            asked = list(actions[start : start + _AT_ONCE])
            for page in simulate(PolicySourceArn=source, ActionNames=asked, ResourceArns=[resource]):
                results = page["EvaluationResults"]
                yield from (each["EvalActionName"] for each in results if each["EvalDecision"] != "allowed")

    def obstacles(self, needs: Needs, *, is_new: bool) -> Iterator[Obstacle]:
        """See `CloudAccount`. A policy that forbids function URLs is among the missing permissions: it denies them."""
        with domain_errors("asking Lambda for its limits"):
            limit = int(self._client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"])
        if limit < _LEAST_CONCURRENCY:
            yield Obstacle(
                f"Lambda runs {limit} executions at once in this account, which {needs.functions} functions share",
                "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
                f"--desired-value 1000 --region {self._region}",
            )
        if is_new:
            for kind, name in needs.names:
                if self._is_taken(kind, name):
                    yield Obstacle(
                        f"a {kind} {name} is there, and not of this deployment", "remove it, or rename the twin"
                    )

    def _is_taken(self, kind: str, name: str) -> bool:
        lookups = {
            "Lambda function": ("lambda", "get_function_configuration", "FunctionName"),
            "DynamoDB table": ("dynamodb", "describe_table", "TableName"),
        }
        service, operation, argument = lookups[kind]
        client = self._client(service)
        try:
            getattr(client, operation)(**{argument: name})
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _caller(self) -> Mapping[str, Any]:
        with domain_errors("asking AWS who is signed in"):
            found: Mapping[str, Any] = self._client("sts").get_caller_identity()
        return found

    def _source(self, arn: str) -> str:
        """The user or role behind a caller; a role's path is not in a session's ARN, so that IAM is asked for it."""
        partition, service, account, rest = arn.split(":")[1], arn.split(":")[2], arn.split(":")[4], arn.split(":")[5]
        if service == "iam":
            return arn
        if not rest.startswith("assumed-role/"):
            raise ConfigurationError(f"permissions of {arn} cannot be simulated: it is neither a user nor a role")
        name = rest.split("/")[1]
        try:
            return str(self._client("iam").get_role(RoleName=name)["Role"]["Arn"])
        except self._client("iam").exceptions.NoSuchEntityException as error:
            raise FinalError(f"arn:{partition}:iam::{account}:role/{name}: IAM knows no such role") from error


def open_account(variables: Mapping[str, str], twin: str) -> Account:
    """The account of boto3's credentials, in the region of the variable ``aws_region``."""
    region, made = variables["aws_region"], dict[str, Any]()

    def client(service: str) -> Any:  # noqa: ANN401 - see `Clients`
        if service not in made:
            settings = {"connect_timeout": 5, "read_timeout": 30}
            made[service] = operators_client("looking at AWS needs", service, region, settings)
        return made[service]

    return Account(client, region, twin)

"""The three accounts over recorded answers: who is signed in, what is missing, what stands in the way."""

import json
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.rigs.vendor_azure_transport import ServedAdapter
from tests.rigs.vendor_processes import need_package
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.aws.cloud_account import Account
from twin2multicloud.clouds.azure import invocation
from twin2multicloud.clouds.azure.cloud_account import Subscription
from twin2multicloud.clouds.azure.cloud_account import open_account as open_subscription
from twin2multicloud.clouds.gcp.cloud_account import CloudProject
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.ports.cloud_account import Needs

# --- AWS -----------------------------------------------------------------------------------------------------------


class NotThereError(Exception):
    """What boto3 makes of ResourceNotFoundException and of NoSuchEntity."""


class RecordedAws:
    """boto3's clients, as far as they are asked; shapes are botocore's models."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NotThereError, NoSuchEntityException=NotThereError)

    def __init__(self, arn="arn:aws:iam::123456789012:user/ann", allowed=("*",), concurrency=1000, there=()):
        self.arn, self.allowed, self.concurrency, self.there = arn, allowed, concurrency, there
        self.simulated = []

    def __call__(self, service):
        return self

    def get_caller_identity(self):
        return {"Account": "123456789012", "Arn": self.arn}

    def get_role(self, **request):
        if request["RoleName"] == "gone":
            raise NotThereError
        return {"Role": {"Arn": f"arn:aws:iam::123456789012:role/teams/{request['RoleName']}"}}

    def get_paginator(self, operation):
        assert operation == "simulate_principal_policy"
        return SimpleNamespace(paginate=self._simulated)

    def _simulated(self, **request):
        actions = request.pop("ActionNames")
        self.simulated.append((request.pop("PolicySourceArn"), tuple(actions), tuple(request.pop("ResourceArns"))))
        assert (request, len(actions) <= 100) == ({}, True)
        yes = {each for each in actions if "*" in self.allowed or each in self.allowed}
        results = [
            {"EvalActionName": each, "EvalDecision": "allowed" if each in yes else "implicitDeny"} for each in actions
        ]
        half = len(results) // 2
        return [{"EvaluationResults": results[:half]}, {"EvaluationResults": results[half:]}]

    def get_account_settings(self):
        return {"AccountLimit": {"ConcurrentExecutions": self.concurrency}}

    def get_function_configuration(self, **request):
        return self._looked_up(request["FunctionName"])

    def describe_table(self, **request):
        return self._looked_up(request["TableName"])

    def _looked_up(self, name):
        if name not in self.there:
            raise NotThereError
        return {}


def account(**recorded):
    clients = RecordedAws(**recorded)
    return Account(clients, "eu-central-1", "house"), clients


NEEDS = Needs(
    permissions=("iam:PassRole", "sqs:CreateQueue"),
    names=(("Lambda function", "house-dispatcher"), ("DynamoDB table", "house-hot-store")),
    functions=12,
)


def test_aws_says_what_is_denied_to_a_user_and_asks_of_roles_for_the_twins():
    made, clients = account(allowed=("sqs:CreateQueue",))
    assert made.identity() == "account 123456789012, as arn:aws:iam::123456789012:user/ann, in eu-central-1"
    assert made.missing(NEEDS.permissions) == ["iam:PassRole"]
    asked = [(actions, resources) for _, actions, resources in clients.simulated]
    assert asked == [
        (("sqs:CreateQueue",), ("*",)),
        (("iam:PassRole",), ("arn:aws:iam::123456789012:role/house-any",)),
    ]
    many = tuple(f"sqs:Call{n}" for n in range(230))
    assert len(account(allowed=())[0].missing(many)) == 230


def test_aws_asks_for_the_role_of_a_session_and_not_for_root():
    made, clients = account(arn="arn:aws:sts::123456789012:assumed-role/deployer/ci")
    assert made.missing(["sqs:CreateQueue"]) == []
    assert clients.simulated[0][0] == "arn:aws:iam::123456789012:role/teams/deployer"
    made, clients = account(arn="arn:aws:iam::123456789012:root", allowed=())
    assert made.missing(["sqs:CreateQueue"]) == ()
    assert clients.simulated == []
    with pytest.raises(FinalError, match="role/gone: IAM knows no such role"):
        account(arn="arn:aws:sts::123456789012:assumed-role/gone/ci")[0].missing(["sqs:CreateQueue"])
    with pytest.raises(ConfigurationError, match="neither a user nor a role"):
        account(arn="arn:aws:sts::123456789012:federated-user/ann")[0].missing(["sqs:CreateQueue"])


def test_aws_tells_of_a_young_accounts_concurrency_and_of_names_in_use():
    made, _ = account(concurrency=10, there=("house-hot-store",))
    found = list(made.obstacles(NEEDS, is_new=True))
    assert [each.problem for each in found] == [
        "Lambda runs 10 executions at once in this account, which 12 functions share",
        "a DynamoDB table house-hot-store is there, and not of this deployment",
    ]
    assert "--quota-code L-B99A9384" in found[0].remedy
    assert [each for each in made.obstacles(NEEDS, is_new=False) if "is there" in each.problem] == []


# --- Azure ---------------------------------------------------------------------------------------------------------


class RecordedAzure(ServedAdapter):
    """Azure Resource Manager, as far as it is asked."""

    def __init__(self, actions, not_actions=(), unregistered=(), regions=("West Europe",), groups=()):
        super().__init__()
        self.held = {"actions": list(actions), "notActions": list(not_actions), "dataActions": [], "notDataActions": []}
        self.unregistered, self.regions, self.groups = unregistered, regions, groups
        self.status = 200

    def answered(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = url.path.removeprefix("/subscriptions/a-subscription")
        said = self._said(path, query)
        if self.status != 200 or said is None:
            status = self.status if self.status != 200 else 404
            return status, {}, b'{"error": {"code": "AuthorizationFailed", "message": "no"}}'
        return 200, {}, json.dumps(said).encode()

    def _said(self, path, query):
        if not path:
            assert query == {"api-version": "2022-12-01"}
            return {"displayName": "Lab", "state": "Enabled"}
        if path == "/providers/Microsoft.Authorization/permissions":
            return {"value": [self.held]}
        if path == "/providers/Microsoft.Web/geoRegions":
            assert query["sku"] == "FlexConsumption"
            return {"value": [{"name": each} for each in self.regions]}
        if path.startswith("/providers/"):
            off = path.rsplit("/", 1)[-1] in self.unregistered
            return {"registrationState": "NotRegistered" if off else "Registered"}
        return {} if path.removeprefix("/resourcegroups/") in self.groups else None


def subscription(adapter, location="westeurope"):
    need_package("azure.core")
    url = invocation.MANAGEMENT
    return Subscription(invocation.connect(url, url, AnyToken(), adapter.transport()), "a-subscription", location)


def test_azure_matches_wildcards_and_what_is_taken_away_again():
    adapter = RecordedAzure(["*"], ["Microsoft.Authorization/*/Write"])
    made = subscription(adapter)
    assert made.identity() == "subscription Lab (a-subscription), Enabled"
    wanted = ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Web/sites/write"]
    assert made.missing(wanted) == ["Microsoft.Authorization/roleAssignments/write"]
    adapter.held = {"actions": ["microsoft.web/sites/*"], "notActions": []}
    assert made.missing(wanted) == ["Microsoft.Authorization/roleAssignments/write"]
    adapter.status = 403
    with pytest.raises(ConfigurationError, match="Azure answered 403"):
        made.missing(wanted)


def test_azure_tells_of_providers_regions_and_groups():
    adapter = RecordedAzure(["*"], unregistered=("Microsoft.Devices",), groups=("house",))
    needs = Needs(permissions=(), services=("Microsoft.Devices", "Microsoft.Web"), names=(("resource group", "house"),))
    found = list(subscription(adapter, "northeurope").obstacles(needs, is_new=True))
    assert [each.problem for each in found] == [
        "the resource provider Microsoft.Devices is not registered",
        "Flex Consumption, on which the functions run, is not offered in northeurope",
        "a resource group house is there, and not of this deployment",
    ]
    assert found[0].remedy == "az provider register --namespace Microsoft.Devices"
    adapter.groups = ()
    assert len(list(subscription(adapter).obstacles(needs, is_new=True))) == 1


def test_azure_needs_a_subscription(monkeypatch):
    monkeypatch.delenv("ARM_SUBSCRIPTION_ID", raising=False)
    with pytest.raises(ConfigurationError, match="ARM_SUBSCRIPTION_ID is not in the environment"):
        open_subscription({"azure_location": "westeurope"}, "house")


# --- Google Cloud --------------------------------------------------------------------------------------------------


class RecordedGoogle:
    """google-auth's session, as far as it is asked."""

    def __init__(self, held=(), off=(), billing=True, org=None, forbidden=()):
        self.held, self.off, self.billing, self.org, self.forbidden = held, off, billing, org or {}, forbidden
        self.asked = []

    def request(self, method, url, json=None, timeout=None):
        what = url.split("?")[0].rsplit("/", 1)[-1]
        self.asked.append(what)
        if what in self.forbidden:
            return answer(403, {"error": {"message": "denied"}})
        return answer(200, self._said(what, url, json))

    def _said(self, what, url, body):
        match what:
            case "a-project":
                return {"name": "Lab", "lifecycleState": "ACTIVE"}
            case "a-project:testIamPermissions":
                assert len(body["permissions"]) <= 100
                return {"permissions": [each for each in body["permissions"] if each in self.held]}
            case "services:batchGet":
                names = parse_qs(urlsplit(url).query)["names"]
                state = {each: "DISABLED" if each.rsplit("/", 1)[-1] in self.off else "ENABLED" for each in names}
                return {"services": [{"name": each, "state": state[each]} for each in names]}
            case "billingInfo":
                return {"billingEnabled": self.billing}
            case "a-project:getEffectiveOrgPolicy":
                assert body == {"constraint": "constraints/iam.allowedPolicyMemberDomains"}
                return self.org
        raise AssertionError(url)


def answer(status, content):
    return SimpleNamespace(status_code=status, content=b"{}", json=lambda: content)


SERVICES = ("cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com")


def google(**recorded):
    need_package("google.auth")
    session = RecordedGoogle(**recorded)
    return CloudProject(session, "a-project"), session


def test_google_tells_what_is_missing_in_as_many_questions_as_it_takes():
    wanted = [f"pubsub.topics.verb{n}" for n in range(150)]
    made, session = google(held=wanted[:149])
    assert made.identity() == "project Lab (a-project), ACTIVE"
    assert made.missing(wanted) == [wanted[149]]
    assert session.asked.count("a-project:testIamPermissions") == 2


def test_google_tells_of_services_billing_and_policies():
    restricted = {"listPolicy": {"allowedValues": ["C0123"]}}
    made, _ = google(off=SERVICES[:1], billing=False, org=restricted)
    found = list(made.obstacles(Needs(permissions=(), services=SERVICES, is_open=True), is_new=True))
    assert [each.remedy.split(" --")[0] for each in found[:2]] == [
        f"gcloud services enable {SERVICES[0]}",
        "gcloud billing projects link a-project",
    ]
    assert found[2].problem.endswith("so that endpoints cannot be open to allUsers")
    made, session = google(org=restricted)
    assert list(made.obstacles(Needs(permissions=(), services=SERVICES), is_new=True)) == []
    assert "a-project:getEffectiveOrgPolicy" not in session.asked, "nothing is open, nothing is asked"


def test_google_is_not_asked_for_its_policy_where_the_deployment_needs_no_all_users():
    made, session = google(org={"listPolicy": {"allowedValues": ["C0123"]}})
    unchecked = CloudProject(session, "a-project", unchecked=True)
    needs = Needs(permissions=(), services=SERVICES, is_open=True)
    assert list(unchecked.obstacles(needs, is_new=False)) == []
    (found,) = made.obstacles(needs, is_new=False)
    assert found.remedy.startswith("give --var gcp_open=unchecked")


def test_google_tells_how_pub_subs_agent_is_made_where_it_was_never_used():
    made, _ = google(off=("pubsub.googleapis.com",))
    needs = Needs(permissions=(), services=SERVICES)
    (found,) = made.obstacles(needs, is_new=True)
    assert not found.certain
    assert found.remedy.endswith("services identity create --service pubsub.googleapis.com --project a-project")
    assert list(made.obstacles(needs, is_new=False)) == []


def test_google_what_may_not_be_seen_is_no_certain_obstacle():
    made, _ = google(forbidden=("billingInfo", "a-project:getEffectiveOrgPolicy"))
    found = list(made.obstacles(Needs(permissions=(), services=SERVICES, is_open=True), is_new=True))
    assert [each.certain for each in found] == [False, False]
    assert "could not be seen" in found[0].problem


def test_google_that_does_not_answer_is_asked_again_later():
    class Silent:
        def request(self, method, url, **options):
            raise ConnectionError("no route")

    need_package("google.auth")
    with pytest.raises(RetryableError, match="no answer"):
        CloudProject(Silent(), "a-project").identity()

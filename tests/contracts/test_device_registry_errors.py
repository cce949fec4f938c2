"""What IoT Core and IoT Hub answer when a device is not registered, from the wire up, and what is left behind then."""

import json

import pytest

pytest.importorskip("boto3", reason="the extra aws is not installed")
pytest.importorskip("azure.core", reason="the extra azure is not installed")

from tests.contracts import test_aws_errors, test_azure_errors
from tests.rigs.vendor_aws_faults import faulty, refusal
from tests.rigs.vendor_device_registries import IotCoreRig, IotHubRig
from twin2multicloud.clouds.aws import device_registry as aws
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError

CALLS_TO_REGISTER, CALLS_TO_REMOVE = 7, 7
PASSING = refusal(503, "ServiceUnavailableException")
AWS_ANSWERS = [  # what is not found, a registry need not take away
    each for each in test_aws_errors.ANSWERS if test_aws_errors.said(each[0]) != "ResourceNotFoundException"
]
AZURE_ANSWERS = [each for each in test_azure_errors.ANSWERS if each[0] != 429]  # which is waited for


@pytest.fixture
def core():
    with faulty("iot") as (client, faults):
        rig = IotCoreRig(client)
        faults.asked.clear()
        yield rig, faults
        faults.faults = []
        rig.registry.remove(each["thingName"] for each in client.list_things(maxResults=250)["things"])


@pytest.fixture
def hub():
    return IotHubRig()


def register(rig, *ids):
    return {each.device_id: each for each in rig.registry.register(ids)}


def certificates(rig):
    """The certificates that the twin's policy lets in."""
    return rig.client.list_targets_for_policy(policyName=rig.policy)["targets"]


@pytest.mark.parametrize(
    ("fault", "expected"), AWS_ANSWERS, ids=[test_aws_errors.said(fault) for fault, _ in AWS_ANSWERS]
)
class TestEveryAnswerOfIotCore:
    def test_to_a_registration(self, core, fault, expected):
        rig, faults = core
        faults.faults = [None, None, None, fault]
        with pytest.raises(expected, match="registering pump"):
            register(rig, "pump")

    def test_to_a_list(self, core, fault, expected):
        rig, faults = core
        for before in ([], [None]):
            faults.faults = [*before, fault]
            with pytest.raises(expected, match="listing devices"):
                list(rig.registry.registered())

    def test_to_a_removal(self, core, fault, expected):
        rig, faults = core
        register(rig, "pump")
        faults.faults = [None, None, fault]
        with pytest.raises(expected, match="removing pump"):
            rig.registry.remove(["pump"])


class TestIotCore:
    def test_a_registration_is_this_many_calls(self, core):
        rig, faults = core
        register(rig, "pump")
        assert len(faults.asked) == CALLS_TO_REGISTER
        faults.asked.clear()
        rig.registry.remove(["pump"])
        assert len(faults.asked) == CALLS_TO_REMOVE

    @pytest.mark.parametrize("done", range(CALLS_TO_REGISTER))
    def test_wherever_a_registration_breaks_off_the_same_call_does_the_rest(self, core, done):
        """And what was begun holds no policy: nobody connects with it, and it is not in the way of a destroy."""
        rig, faults = core
        faults.faults = [*[None] * done, PASSING]
        with pytest.raises(RetryableError):
            register(rig, "pump")
        assert certificates(rig) == list(rig.registry.registered()) == []
        given = register(rig, "pump")
        assert rig.may_connect(given["pump"])
        assert len(certificates(rig)) == len(rig.client.list_thing_principals(thingName="pump")["principals"]) == 1

    @pytest.mark.parametrize("done", range(CALLS_TO_REMOVE))
    def test_wherever_a_removal_breaks_off_the_same_call_does_the_rest(self, core, done):
        rig, faults = core
        certificate = register(rig, "pump")["pump"]
        ids = {each["certificateId"] for each in rig.client.list_certificates(pageSize=250)["certificates"]}
        faults.faults = [*[None] * done, PASSING]
        with pytest.raises(RetryableError):
            rig.registry.remove(["pump"])
        rig.registry.remove(["pump"])
        assert not rig.is_there("pump")
        assert not rig.may_connect(certificate)
        left = {each["certificateId"] for each in rig.client.list_certificates(pageSize=250)["certificates"]}
        assert len(ids - left) == 1
        assert certificates(rig) == []

    def test_those_before_a_failure_were_given_and_those_after_come_with_the_next_call(self, core):
        rig, faults = core
        given, ids = {}, [f"pump-{number}" for number in range(20)]
        with pytest.raises(RetryableError):  # noqa: PT012 - what is given until it raises
            for each in rig.registry.register(ids):
                given[each.device_id] = each
                faults.faults = [PASSING] if len(given) == 11 else []
        assert 11 <= len(given) < len(ids), "prepared side by side: another one's call may meet the fault first"
        given |= register(rig, *ids)
        assert given.keys() == set(rig.registry.registered()) == set(ids)
        assert all(rig.may_connect(each) for each in given.values())

    def test_what_was_detached_a_moment_ago_is_waited_for(self, core):
        rig, faults = core
        register(rig, "pump")
        conflict, attached = refusal(409, "DeleteConflictException"), refusal(400, "InvalidRequestException")
        faults.faults = [*[None] * 5, conflict, conflict, None, attached]
        rig.registry.remove(["pump"])
        assert rig.clock.sleeps == [1.0, 2.0, 1.0]
        assert not rig.is_there("pump")

    def test_patience_with_what_stays_attached_ends(self, core):
        rig, faults = core
        register(rig, "pump")
        faults.faults = [*[None] * 5, *[refusal(409, "DeleteConflictException")] * 20]
        with pytest.raises(RetryableError, match="certificate of pump is still attached"):
            rig.registry.remove(["pump"])
        assert sum(rig.clock.sleeps) < 90

    def test_a_thing_of_another_owner_keeps_its_name_and_its_certificate(self, core):
        rig, _ = core
        name = rig.stranger()
        arn = rig.client.create_keys_and_certificate(setAsActive=True)["certificateArn"]
        rig.client.attach_thing_principal(thingName=name, principal=arn)
        given = []
        with pytest.raises(FinalError, match=f"{name}: this account has a thing of that name"):
            given.extend(each.device_id for each in rig.registry.register(["a", name, "b"]))
        assert sorted(given) == sorted(rig.registry.registered()) == ["a", "b"]
        rig.registry.remove([name])
        assert rig.client.list_thing_principals(thingName=name)["principals"] == [arn]

    def test_pages_of_certificates_are_put_together(self, core):
        """moto answers all of them at once; IoT Core answers 250, and where to go on."""
        rig, faults = core
        register(rig, "pump", "fan")
        pump, fan = certificates(rig)
        faults.asked.clear()
        faults.faults = [(200, {"targets": [pump], "nextMarker": "bW9yZQ=="}), (200, {"targets": [fan]})]
        assert set(rig.registry.registered()) == {"pump", "fan"}
        assert len(faults.asked) == 3

    def test_a_gateway_has_a_policy_more_and_loses_both(self, core):
        rig, _ = core
        further = f"{rig.twin}-gateways"
        allowed = {"Effect": "Allow", "Action": ["iot:Publish"], "Resource": ["*"]}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        rig.client.create_policy(policyName=further, policyDocument=document)
        registry = aws.IotCoreDeviceRegistry(rig.client, rig.twin, rig.policy, rig.clock, further={"bridge": further})
        list(registry.register(["pump", "bridge"]))
        targets = rig.client.list_targets_for_policy(policyName=further)["targets"]
        assert len(targets) == 1
        assert rig.client.describe_thing(thingName="bridge")["attributes"]["certificate"] == targets[0]
        assert set(registry.registered()) == {"pump", "bridge"}
        registry.remove(["bridge"])
        assert rig.client.list_targets_for_policy(policyName=further)["targets"] == []
        assert set(registry.registered()) == {"pump"}

    def test_without_its_policy_nobody_is_registered_and_nobody_can_be(self, core):
        rig, _ = core
        registry = aws.IotCoreDeviceRegistry(rig.client, rig.twin, "no-such-policy", rig.clock)
        register(rig, "pump")
        assert list(registry.registered()) == []
        with pytest.raises(ConfigurationError, match="registering fan"):
            list(registry.register(["fan"]))


class TestIotHub:
    @pytest.mark.parametrize(("status", "expected"), AZURE_ANSWERS)
    def test_every_answer(self, hub, status, expected):
        calls = (
            lambda: register(hub, "pump"),
            lambda: list(hub.registry.registered()),
            lambda: hub.registry.remove(["pump"]),
        )
        for call, doing in zip(calls, ("registering", "listing", "removing"), strict=True):
            hub.adapter.faults = [test_azure_errors.refusal(status)] * 2  # also to the question what was done
            with pytest.raises(expected, match=f"{doing} devices: Azure answered {status}"):
                call()

    @pytest.mark.parametrize("error", test_azure_errors.NO_ANSWER, ids=lambda error: type(error).__name__)
    def test_no_answer_is_retryable_and_a_creation_is_not_sent_twice(self, hub, error):
        hub.adapter.faults = [error]
        with pytest.raises(RetryableError, match="registering devices: no answer from Azure"):
            register(hub, "pump")
        assert not hub.is_there("pump")
        assert hub.adapter.seen == 2, "the creation, and the question whether it happened"

    def test_what_was_made_before_the_hub_went_dark_is_given_all_the_same(self, hub):
        """The hub did it, and its answer was lost: nobody else knows the keys."""
        register(hub, "b")
        hub.adapter.dark_after = 1
        given = {}
        with pytest.raises(RetryableError, match="no answer from Azure"):  # noqa: PT012 - as above
            for each in hub.registry.register(["a", "b", "c"]):
                given[each.device_id] = each
        assert given.keys() == {"a", "c"}
        assert all(hub.may_connect(each) for each in given.values())
        assert register(hub, "a", "b", "c") == {}

    def test_a_page_of_somebody_else_is_no_success(self, hub):
        """A gateway on the way that wants a sign-in answers 200."""
        page = 200, {"content-type": "text/html"}, b"<html>sign in</html>"
        for call in (lambda: register(hub, "pump"), lambda: list(hub.registry.registered())):
            hub.adapter.faults = [page]
            with pytest.raises(RetryableError, match="not a response of IoT Hub"):
                call()
        hub.adapter.faults = [page]
        with pytest.raises(RetryableError, match="not a response of IoT Hub"):
            hub.registry.remove(["pump"])
        assert not hub.is_there("pump")

    def test_a_throttled_call_is_waited_for(self, hub):
        """IoT Hub says "wait 10 seconds" in words, and no Retry-After."""
        hub.adapter.faults = [test_azure_errors.refusal(429, "ThrottlingBacklogTimeout")] * 3
        assert hub.may_connect(register(hub, "pump")["pump"])
        assert hub.clock.sleeps == [10.0, 10.0, 20.0]

    def test_patience_with_a_throttled_hub_ends(self, hub):
        hub.adapter.faults = [test_azure_errors.refusal(429)] * 20
        with pytest.raises(RetryableError, match="429"):
            register(hub, "pump")
        assert sum(hub.clock.sleeps) < 180

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (429001, RetryableError),
            ("ThrottlingException", RetryableError),
            (500001, RetryableError),
            ("ServerError", RetryableError),
            (403002, ConfigurationError),
            (400027, FinalError),
            ("InvalidDeviceId", FinalError),
        ],
    )
    def test_those_that_were_made_are_given_before_it_is_said_what_was_not(self, hub, code, expected):
        errors = [
            {"deviceId": "b", "errorCode": code, "errorStatus": "told so"},
            {"deviceId": "c", "errorCode": 409001, "errorStatus": "exists"},
        ]
        hub.adapter.faults = [(400, {}, json.dumps({"isSuccessful": False, "errors": errors}).encode())]
        given = []
        with pytest.raises(expected, match=rf"b: {code} told so"):
            given.extend(each.device_id for each in hub.registry.register(["a", "b", "c", "d"]))
        assert given == ["a", "d"]

    def test_a_device_that_cannot_be_removed_is_said(self, hub):
        errors = [{"deviceId": "a", "errorCode": 404001}, {"deviceId": "b", "errorCode": 500001}]
        hub.adapter.faults = [(400, {}, json.dumps({"errors": errors}).encode())]
        with pytest.raises(RetryableError, match="b: 500001"):
            hub.registry.remove(["a", "b"])

    def test_calls_are_as_large_as_iot_hub_takes(self, hub):
        register(hub, *(f"pump-{number}" for number in range(250)))
        assert hub.adapter.seen == 3

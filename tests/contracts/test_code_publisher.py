"""Publishing code to Flex Consumption, from the SDK's transport up."""

import pytest

pytest.importorskip("azure.core", reason="the extra azure is not installed")

from tests.rigs.clock import RigClock
from tests.rigs.terraform_workspace import archive
from tests.rigs.vendor_scm import FlexApps
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.azure.code_publisher import FlexCodePublisher
from twin2multicloud.clouds.azure.invocation import MANAGEMENT, connect
from twin2multicloud.domain.errors import ConfigurationError, TwinError

_SITES = "/subscriptions/s/resourceGroups/house-twin/providers/Microsoft.Web/sites"
APPS = {"hot-reader": f"{_SITES}/house-hot-reader-abc123", "hot-writer": f"{_SITES}/house-hot-writer-abc123"}
CODE, DIGEST = archive("hot-reader"), "0123456789abcdef"


@pytest.fixture
def flex():
    return FlexApps(APPS)


@pytest.fixture
def clock():
    return RigClock()


@pytest.fixture
def publisher(flex, clock):
    return FlexCodePublisher(APPS, lambda url: connect(url, MANAGEMENT, AnyToken(), flex.transport()), clock)


def test_code_arrives_and_its_digest_is_known_to_whoever_asks_next(flex, publisher):
    assert publisher.published() == {}
    publisher.publish("hot-reader", CODE, DIGEST)
    assert flex.runs == {APPS["hot-reader"]: CODE}
    assert publisher.published() == {"hot-reader": DIGEST}


def test_an_app_that_was_made_a_moment_ago_is_waited_for(flex, publisher, clock):
    flex.late, flex.building = 3, 4
    publisher.publish("hot-reader", CODE, DIGEST)
    assert flex.runs == {APPS["hot-reader"]: CODE}
    assert clock.sleeps


def test_what_azure_could_not_deploy_is_said_and_counts_as_not_published(flex, publisher):
    flex.breaks = "Deployment failed: the package is not valid"
    with pytest.raises(TwinError, match="hot-reader: Azure took its code and could not deploy it: Deployment failed"):
        publisher.publish("hot-reader", CODE, DIGEST)
    assert publisher.published() == {}


def test_an_app_without_functions_is_an_error_although_its_code_was_deployed(flex, publisher):
    flex.empty.add(APPS["hot-reader"])
    with pytest.raises(TwinError, match="finds no function in it; the app's log says why"):
        publisher.publish("hot-reader", CODE, DIGEST)


def test_what_somebody_else_published_is_not_ours(flex, publisher):
    publisher.publish("hot-reader", CODE, DIGEST)
    flex.deployments[APPS["hot-reader"]]["deployer"] = "az_cli"
    assert publisher.published() == {}


def test_apps_that_are_gone_have_no_code(flex, clock):
    gone = FlexCodePublisher(
        {"hot-reader": f"{_SITES}/gone"}, lambda url: connect(url, MANAGEMENT, AnyToken(), flex.transport()), clock
    )
    assert gone.published() == {}


def test_who_may_not_publish_is_told_at_once(flex, publisher, clock):
    flex.faults = [None, (403, {}, b"forbidden")]
    with pytest.raises(ConfigurationError, match="hot-reader: publishing its code: Azure answered 403"):
        publisher.publish("hot-reader", CODE, DIGEST)
    assert clock.sleeps == []

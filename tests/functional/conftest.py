"""What every deployment in a test needs: code and twins that are published go to rigs, as no test may reach a cloud."""

from collections.abc import Iterator

import pytest
from tests.rigs.code_publisher import RigCodePublisher
from tests.rigs.twin_publisher import RigTwinPublisher

from twin2multicloud.clouds.aws import twin_publisher as twin_maker
from twin2multicloud.clouds.azure import code_publisher, twin_publisher


@pytest.fixture(scope="module", autouse=True)
def _nothing_reaches_azure() -> Iterator[tuple[RigCodePublisher, RigTwinPublisher]]:
    code, twins = RigCodePublisher(), RigTwinPublisher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_publisher, "open_publisher", code.opens)
        patch.setattr(twin_publisher, "open_publisher", twins.opens)
        yield code, twins


@pytest.fixture(scope="module", autouse=True)
def _no_twin_reaches_aws() -> Iterator[RigTwinPublisher]:
    twins = RigTwinPublisher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twin_maker, "open_publisher", twins.opens)
        yield twins


@pytest.fixture(autouse=True)
def twins_on_aws(_no_twin_reaches_aws: RigTwinPublisher) -> RigTwinPublisher:
    """What stands for a TwinMaker workspace's contents, for commands inside the test process; empty at first."""
    _no_twin_reaches_aws.holds = None
    return _no_twin_reaches_aws


@pytest.fixture(autouse=True)
def code_on_azure(_nothing_reaches_azure: tuple[RigCodePublisher, RigTwinPublisher]) -> RigCodePublisher:
    """What stands for Flex Consumption's deployment, for commands that run inside the test process; empty at first."""
    code, _ = _nothing_reaches_azure
    code.stands.clear()
    code.done.clear()
    return code


@pytest.fixture(autouse=True)
def twins_on_azure(_nothing_reaches_azure: tuple[RigCodePublisher, RigTwinPublisher]) -> RigTwinPublisher:
    """What stands for an Azure Digital Twins instance's contents, likewise."""
    _, twins = _nothing_reaches_azure
    twins.holds = None
    return twins

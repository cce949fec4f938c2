"""What every deployment in a test needs: code that is published goes to a rig, since no test may reach Azure."""

from collections.abc import Iterator

import pytest
from tests.rigs.code_publisher import RigCodePublisher

from twin2multicloud.clouds.azure import code_publisher


@pytest.fixture(scope="package", autouse=True)
def _nothing_reaches_azure() -> Iterator[RigCodePublisher]:
    found = RigCodePublisher()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_publisher, "open_publisher", found.opens)
        yield found


@pytest.fixture(autouse=True)
def code_on_azure(_nothing_reaches_azure: RigCodePublisher) -> RigCodePublisher:
    """What stands for Flex Consumption's deployment, for commands that run inside the test process; empty at first."""
    _nothing_reaches_azure.stands.clear()
    _nothing_reaches_azure.done.clear()
    return _nothing_reaches_azure

"""What every deployment in a test needs: code that is published goes to a rig, since no test may reach Azure."""

import pytest
from tests.rigs.code_publisher import RigCodePublisher

from twin2multicloud.clouds.azure import code_publisher


@pytest.fixture(autouse=True)
def code_on_azure(monkeypatch: pytest.MonkeyPatch) -> RigCodePublisher:
    """What stands for Flex Consumption's deployment, for commands that run inside the test's process."""
    found = RigCodePublisher()
    monkeypatch.setattr(code_publisher, "open_publisher", found.opens)
    return found

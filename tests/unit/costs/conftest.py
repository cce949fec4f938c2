"""What the cost tests share: the shipped prices and three workloads."""

import pytest

from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.workload import Workload


@pytest.fixture(scope="session")
def book() -> PriceBook:
    return PriceBook.shipped()


@pytest.fixture(params=list(PRESETS))
def preset(request: pytest.FixtureRequest) -> Workload:
    return PRESETS[request.param]

"""Random workloads, for Hypothesis and for plain random numbers. Owns the ranges; asserts nothing."""

import random

from hypothesis import strategies as st

from twin2multicloud.costs.workload import Workload
from twin2multicloud.domain.twin import DashboardSource


def _spread(low: float, high: float) -> st.SearchStrategy[float]:
    """Log-uniform, so that small and large twins are equally likely."""
    return st.floats(0, 1, allow_nan=False).map(lambda x: low * (high / low) ** x)


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    hot = draw(st.integers(0, 12))
    cool = hot + draw(st.integers(0, 12))
    return Workload(
        devices=int(draw(_spread(1, 200_000))),
        interval_min=draw(_spread(0.02, 1440)),
        message_kb=draw(_spread(0.05, 40)),
        hot_months=hot,
        cool_months=cool,
        archive_months=cool + draw(st.integers(0, 36)),
        needs_3d=draw(st.booleans()),
        entities=draw(st.integers(0, 5000)),
        editors=draw(st.integers(0, 100)),
        viewers=draw(st.integers(0, 500)),
        refreshes_per_hour=draw(st.sampled_from([0, 1, 12, 60, 600])),
        active_hours_per_day=draw(st.sampled_from([0, 1, 8, 24])),
        messages_per_request=draw(st.sampled_from([1, 10, 100])),
        events=draw(st.booleans()),
        event_share=draw(st.sampled_from([0, 0.001, 0.2])),
        event_workflow=draw(st.booleans()),
        event_feedback=draw(st.booleans()),
        dashboards=draw(st.sampled_from(list(DashboardSource))),
        free_tiers=draw(st.booleans()),
    )


def random_workload(chance: random.Random) -> Workload:
    hot = chance.randint(0, 12)
    cool = hot + chance.randint(0, 12)
    return Workload(
        devices=int(10 ** chance.uniform(0, 5.3)),
        interval_min=10 ** chance.uniform(-1.7, 3),
        message_kb=10 ** chance.uniform(-1.3, 1.6),
        hot_months=hot,
        cool_months=cool,
        archive_months=cool + chance.randint(0, 36),
        entities=chance.choice([0, 10, 3000]),
        editors=chance.randint(0, 100),
        viewers=chance.randint(0, 500),
        refreshes_per_hour=chance.choice([0, 1, 60, 600]),
        active_hours_per_day=chance.choice([1, 8, 24]),
        messages_per_request=chance.choice([1, 10, 100]),
        events=chance.random() < 0.5,
        event_share=chance.choice([0.001, 0.2]),
        dashboards=chance.choice(list(DashboardSource)),
        free_tiers=chance.random() < 0.8,
    )

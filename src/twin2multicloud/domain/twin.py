"""The validated project: everything the planner and the functions need to know of a twin."""

from enum import StrEnum

import msgspec

from twin2multicloud.domain.clock_skew import DEFAULT, ClockSkew
from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.hierarchy import Hierarchy
from twin2multicloud.domain.placement import Placement


class Mode(StrEnum):
    """How talkative the deployed functions are: `debug` logs each message's key, `production` only what goes wrong."""

    DEBUG = "debug"
    PRODUCTION = "production"


class DashboardSource(StrEnum):
    """Where dashboards read: from the twin service (patterns A and C) or from the hot store (pattern B)."""

    TWIN = "twin"
    HOT_STORE = "hot-store"


DEFAULT_ZONE = "UTC"
BATCH_WINDOW_S = 1


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """A digital twin, described once. Retention is in days; `time_zone` is that of devices that send local times."""

    name: str
    placement: Placement
    catalog: DeviceCatalog = msgspec.field(default_factory=DeviceCatalog)
    hierarchy: Hierarchy = msgspec.field(default_factory=Hierarchy)
    enable_events: bool = False
    events: tuple[EventRule, ...] = ()
    hot_retention_days: int = 7
    cold_retention_days: int = 30
    archive_retention_days: int | None = None  # None: the archive keeps readings for good
    mode: Mode = Mode.PRODUCTION
    dashboard: DashboardSource = DashboardSource.TWIN
    clock_skew: ClockSkew = DEFAULT
    time_zone: str = DEFAULT_ZONE
    batch_window: int = BATCH_WINDOW_S  # seconds that a reading may wait for company at each hop on real clouds
    management_url: str = ""  # where error reporters post what they stored; empty: nowhere

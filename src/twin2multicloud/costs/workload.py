"""The monthly workload of a twin, as numbers. Owns the meaning and validity of each; prices nothing."""

import math

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.suggestions import hint
from twin2multicloud.domain.twin import BATCH_WINDOW_S, DashboardSource

HOURS_PER_MONTH = 730.0
"""One month, everywhere: 730 h = 30.4167 days (the paper mixes 720 h and 730 h)."""
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
DAYS_PER_MONTH = HOURS_PER_MONTH / 24
KB_PER_GB = 1024 * 1024


class Workload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One twin's month. The first block is the paper's (same names, same meaning); the second is ours.

    `hot_months`, `cool_months` and `archive_months` are ages: a reading older than `hot_months` leaves the hot store,
    one older than `archive_months` is deleted. (The paper's own formulas read the same figures as durations.)
    Raises ConfigurationError, one sentence, where a figure cannot be.

    >>> Workload(devices=10, interval_min=1, message_kb=0.5, hot_months=3, cool_months=1, archive_months=12)
    Traceback (most recent call last):
    twin2multicloud.domain.errors.ConfigurationError: workload: cool_months is 1, shorter than hot_months (3); ...
    """

    devices: int
    interval_min: float
    message_kb: float
    hot_months: float
    cool_months: float
    archive_months: float
    needs_3d: bool = False
    entities: int = 0
    editors: int = 0
    viewers: int = 0
    refreshes_per_hour: float = 0
    active_hours_per_day: float = 0

    messages_per_request: int = 1
    """How many readings share one queue message, function invocation and POST at least: where gateways send lists."""
    batch_window: float = BATCH_WINDOW_S
    """How long a reading may wait for company at each hop, in seconds: the more come within it, the more share one."""
    function_ms: float = 50
    """What one invocation of a function costs before its first message, in ms."""
    function_ms_per_message: float = 10
    function_mb: int = 256
    series_per_refresh: int = 4
    """How many panels a dashboard refresh asks for; each is one query."""
    points_per_series: int = 100
    """How many readings one such query reads."""
    events: bool = False
    event_share: float = 0.001
    """The share of readings that fire a rule, where `events` is on."""
    event_workflow: bool = True
    event_feedback: bool = True
    error_share: float = 0.0001
    """The share of readings that end in a dead letter and an error event."""
    log_kb_per_request: float = 0.3
    peak_factor: float = 2
    """How far the busiest moment stands above the mean; what is provisioned has to carry it."""
    chunk_mb: float = 4
    """The size of an object before compression, at most, in millions of bytes: what the movers make."""
    compression: float = 4
    """How many times smaller objects are than their readings. Days of the public data sets take from 4.5 (24 values a
    day) to 9.7 (2,046 readings of 8 values), whole recordings 17; the default is below them all."""
    restore_share: float = 0.01
    """The share of each store of objects that is read back in a month."""
    dashboards: DashboardSource = DashboardSource.TWIN
    free_tiers: bool = True
    """Whether the free tiers are there to be used, or used up by something else."""

    def __post_init__(self) -> None:
        for name, minimum, maximum in _BOUNDS:
            _check(name, getattr(self, name), minimum, maximum)
        for name in ("interval_min", "message_kb", "chunk_mb"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"workload: {name} is {getattr(self, name)}, expected a number above 0")
        self._check_ages()

    def _check_ages(self) -> None:
        for before, name in (("hot_months", "cool_months"), ("cool_months", "archive_months")):
            shorter, longer = getattr(self, before), getattr(self, name)
            if longer < shorter:
                raise ConfigurationError(
                    f"workload: {name} is {longer:g}, shorter than {before} ({shorter:g}); "
                    "each store keeps readings at least as long as the one before it"
                )


_INF = math.inf
_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("devices", 1, 1e9),
    ("interval_min", 0, _INF),
    ("message_kb", 0, 4096),
    ("hot_months", 0, _INF),
    ("cool_months", 0, _INF),
    ("archive_months", 0, _INF),
    ("entities", 0, 1e9),
    ("editors", 0, 1e7),
    ("viewers", 0, 1e7),
    ("refreshes_per_hour", 0, 1e7),
    ("active_hours_per_day", 0, 24),
    ("messages_per_request", 1, 1000),
    ("batch_window", 0, 300),
    ("function_ms", 0, 900_000),
    ("function_ms_per_message", 0, 900_000),
    ("function_mb", 128, 10_240),
    ("series_per_refresh", 1, 1000),
    ("points_per_series", 1, 100_000),
    ("event_share", 0, 1),
    ("error_share", 0, 1),
    ("log_kb_per_request", 0, 1024),
    ("peak_factor", 1, 100),
    ("chunk_mb", 0, 1024),
    ("compression", 1, 1000),
    ("restore_share", 0, 1),
)


def _check(name: str, value: float, minimum: float, maximum: float) -> None:
    if not math.isfinite(value) or not minimum <= value <= maximum:
        span = f"at least {minimum:g}" if maximum == _INF else f"from {minimum:g} to {maximum:,.0f}"
        raise ConfigurationError(f"workload: {name} is {value}, expected a number {span}")


PAPER_FIGURES = Workload.__struct_fields__[: Workload.__struct_fields__.index("messages_per_request")]
"""The first block: the figures that the published model reads; it ignores the others."""


def workload_from(decoded: object, source: str = "workload") -> Workload:
    """A workload from decoded JSON. `source` names the file in messages. Raises ConfigurationError, one sentence."""
    if not isinstance(decoded, dict):
        raise ConfigurationError(
            f"{source}: found {type(decoded).__name__}, expected an object with a workload's figures"
        )
    for name in decoded:
        if name not in Workload.__struct_fields__:
            near = hint(str(name), Workload.__struct_fields__)
            raise ConfigurationError(f"{source}: {name} is not a figure of a workload{near}")
    try:
        return msgspec.convert(decoded, Workload)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{source}: {_sentence(str(error))}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from error


def _sentence(text: str) -> str:
    """msgspec's words with the place first: ``devices: expected `int`, got `str```."""
    words, _, path = text.partition(" - at `")
    place = path.rstrip("`").removeprefix("$").lstrip(".")
    words = words[:1].lower() + words[1:]
    return f"{place}: {words}" if place else words

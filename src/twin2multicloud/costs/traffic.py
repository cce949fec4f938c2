"""Monthly traffic of each part of a twin, on any cloud. Owns the quantities derived from a workload; knows no price.

Counts are means and stay fractional: rounded means are not billed, and rounding could lower costs as load grows.
What a service bills in whole units (write units, IoT Hub units, RU/s steps) is rounded in that cloud's tariff.
"""

import math

import msgspec

from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB, SECONDS_PER_MONTH, Workload
from twin2multicloud.domain.batching import readings_together
from twin2multicloud.domain.components import KINDS, Kind, Load
from twin2multicloud.domain.rota import ROUNDS_A_DAY, RUNS_A_DAY, SHARES

ITEM_OVERHEAD_KB = 0.1
"""What a stored reading weighs beside its payload: keys and timestamps (DynamoDB bills 100 bytes per item for them)."""
ENVELOPE_KB = 0.4
"""Envelope and HTTP headers of one POST (the wire's envelope without its payload is about 200 bytes)."""
ANSWER_KB = 0.2
"""The answer to one POST, headers included."""
POINT_KB = 0.1
"""One typed value with its time in a hot reader's answer."""
QUERY_KB = 0.5
"""One query's request or the latest values of one component."""
CROSSING_MS = 30.0
"""How long a function waits for the other cloud's answer: one round trip between neighbouring European regions,
with TLS kept open."""
MOVER_MS_PER_MB = 100.0
"""How long a mover or an object writer computes for a megabyte before compression: 15 ms on a whole core, of which a
function of 256 MB has a seventh. Before objects were compressed at level 7; the slowest machine took 28 ms since, on
room-climate (tests/unit/costs/test_movers_quantities.py holds the bound)."""
MOVER_REQUEST_MS = 10.0
"""How long a mover waits for one answer of a store in its own region, one after the other."""
DELETED_AT_ONCE = 25
"""Rows that a mover deletes with one request: DynamoDB's batch, the smallest of the three."""
LISTED = 1_000
"""Objects of one listing, and rows of one page of the hot store, as movers ask for them."""
SCHEDULED_RUNS = RUNS_A_DAY * DAYS_PER_MONTH
"""Runs of one schedule in a month."""
_ROUNDS = ROUNDS_A_DAY * DAYS_PER_MONTH
EVENT_RUN_STEPS = 5
"""State transitions of one run of the example workflow: start, choice, two tasks, end."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """One month of a workload, in counts, GB (1024 x 1024 KB) and months."""

    workload: Workload
    messages: float
    """Readings sent by all devices: devices x minutes of a month / interval."""
    gb: float
    """GB of payload that those readings are: messages x message_kb / 1048576."""
    size_units: int
    """Whole KB of a stored reading: what stores bill per write."""
    batches: float
    """Requests that carry the readings: messages / (messages_per_request, or what the window gathers)."""
    fired: float
    """Readings that fire a rule."""
    history_queries: float
    latest_queries: float
    chunks: float
    """Objects that a month makes: of one device and one day each, and of `chunk_mb` before compression at most."""
    packed_gb: float
    """GB of the month's readings as lines of those objects, compressed."""
    hot_gb: float
    """What the hot store holds: payload and what it keeps beside that."""
    cold_months: float
    archive_months: float

    @classmethod
    def of(cls, w: Workload, messages: float | None = None) -> "Traffic":
        """A workload's traffic; `messages`, where given, replaces what devices and interval make."""
        if messages is None:
            messages = w.devices * (SECONDS_PER_MONTH / 60 / w.interval_min)
        item_kb = w.message_kb + ITEM_OVERHEAD_KB
        gb = messages * w.message_kb / KB_PER_GB
        gathered = readings_together(messages / SECONDS_PER_MONTH, w.batch_window)
        refreshes = w.active_hours_per_day * DAYS_PER_MONTH * w.refreshes_per_hour
        return cls(
            workload=w,
            messages=messages,
            gb=gb,
            size_units=math.ceil(item_kb),
            batches=messages / max(w.messages_per_request, gathered),
            fired=messages * w.event_share if w.events else 0.0,
            history_queries=refreshes * w.series_per_refresh,
            latest_queries=refreshes,
            chunks=_chunks_per_reading(w, item_kb) * messages,
            packed_gb=messages * item_kb / KB_PER_GB / w.compression,
            hot_gb=messages * item_kb / KB_PER_GB * w.hot_months,
            cold_months=w.cool_months - w.hot_months,
            archive_months=w.archive_months - w.cool_months,
        )

    def invocations(self, kind: str) -> float:
        """How often a function runs, where its cloud hands it batches: as the table of kinds says what it follows."""
        runs = {
            Load.READINGS: self.batches,
            Load.FIRED: self.fired,
            Load.HISTORY: self.history_queries,
            Load.LATEST: self.latest_queries,
            Load.CHUNKS: self.chunks,
        }
        return runs.get(KINDS[kind].load, SCHEDULED_RUNS)

    def milliseconds(self, kind: str) -> float:
        """How long all runs of a function last together, as its code takes (waiting for another cloud not counted)."""
        w, runs = self.workload, self.invocations(kind)
        match KINDS[kind].load:
            case Load.READINGS:
                return runs * w.function_ms + self.messages * w.function_ms_per_message
            case Load.CHUNKS:
                return runs * w.function_ms + self.plain_mb * MOVER_MS_PER_MB + self.chunks * MOVER_REQUEST_MS
            case Load.ROTA:
                return runs * w.function_ms + self._moving_ms(kind)
            case _:
                return runs * w.function_ms + runs * w.function_ms_per_message

    def rows_read(self, kind: str) -> float:
        """How many readings one run of a function that reads the hot store finds there."""
        match KINDS[kind].load:
            case Load.HISTORY:
                return self.workload.points_per_series
            case Load.READINGS | Load.CHUNKS | Load.ROTA:  # together they read what the month brings, once
                return self.messages / self.invocations(kind)
            case _:
                return 1

    def posted_gb(self, kind: str) -> float:
        """GB that a POST to an endpoint carries towards it in a month, envelopes included."""
        payload = self.invocations(kind) * ENVELOPE_KB / KB_PER_GB
        if KINDS[kind].load is Load.CHUNKS:
            return self.packed_gb + payload
        if KINDS[kind].load is Load.READINGS:
            return self.gb + payload
        return payload + self.invocations(kind) * QUERY_KB / KB_PER_GB

    def answered_gb(self, kind: str) -> float:
        """GB that an endpoint answers in a month: readers send data, writers an acknowledgement."""
        count, load = self.invocations(kind), KINDS[kind].load
        if load is Load.HISTORY:
            return count * (ANSWER_KB + self.workload.points_per_series * POINT_KB) / KB_PER_GB
        return count * (ANSWER_KB + (QUERY_KB if load is Load.LATEST else 0)) / KB_PER_GB

    @property
    def plain_mb(self) -> float:
        """MB of the month's objects before compression."""
        return self.packed_gb * 1024 * self.workload.compression

    @property
    def hot_searches(self) -> float:
        """The mover's queries of the hot store: per object one, and per device and round one that finds no more."""
        return self.chunks + self.workload.devices * _ROUNDS

    @property
    def listed_shares(self) -> float:
        """Shares of a store's objects that the mover lists in a month: of a round, those that have devices, and those
        of names before and after all of them."""
        return _ROUNDS * min(self.workload.devices + 1, SHARES)

    def listings(self, months: float) -> float:
        """The mover's listings, to each share's last page, of a store that keeps each month's objects for `months`."""
        in_one = self.chunks * months * _ROUNDS / self.listed_shares
        return self.listed_shares * (math.floor(in_one / LISTED) + 1)

    def _moving_ms(self, kind: str) -> float:
        """How long a month's moves take: requests one after the other, and packing where readings are packed."""
        if kind == Kind.HOT_TO_COLD_MOVER:
            requests = self.hot_searches + self.messages / LISTED + self.chunks + self.messages / DELETED_AT_ONCE
            return requests * MOVER_REQUEST_MS + self.plain_mb * MOVER_MS_PER_MB
        return (self.listings(self.cold_months) + 3 * self.chunks) * MOVER_REQUEST_MS

    @property
    def dashboard_gb(self) -> float:
        """GB that a dashboard's queries bring it in a month."""
        return self.answered_gb(Kind.HOT_READER) + self.answered_gb(Kind.HOT_READER_LAST_ENTRY)


def _chunks_per_reading(w: Workload, line_kb: float) -> float:
    """How many objects a reading makes on average, as `functions.storage.chunks` cuts them."""
    a_day = 24 * 60 / w.interval_min
    if a_day <= 1:
        return 1.0  # of a device that sends less than once a day, every reading is alone
    in_one = max(math.floor(w.chunk_mb * 1e6 / 1024 / line_kb), 1)
    return math.ceil(a_day / in_one - 1e-9) / a_day

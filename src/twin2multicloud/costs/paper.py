"""The published cost model of Twin2Clouds (EDTconf 2025), AWS and Azure, figure for figure, errors included.

Owns the paper's formulas and constants (source: ``shared/optimizer/cost_model.md``; the public artifact
cloud-DTs/twin2clouds @2e62914). Must not correct anything: what is corrected lives in the default model, and why is in
``docs/costs.md``. USD per month, unrounded; ceilings only where the paper has them.
"""

import math
from typing import Literal

import msgspec

from twin2multicloud.costs.workload import KB_PER_GB, Workload

PaperCloud = Literal["aws", "azure"]
CLOUDS: tuple[PaperCloud, PaperCloud] = ("aws", "azure")
Pair = dict[str, float]
"""A figure for each cloud."""

_IOT_TIERS = ((1e9, 1.00e-6), (4e9, 0.80e-6), (math.inf, 0.70e-6))
_HUB_TIERS = ((120e6, 12e6, 25.0), (1.8e9, 180e6, 250.0), (math.inf, 9e9, 2500.0))
_EGRESS = {
    "aws": ((100, 0.0), (10240, 0.09), (51200, 0.085), (102400, 0.07), (math.inf, 0.05)),
    "azure": ((100, 0.0), (10240, 0.08), (40960, 0.065), (102400, 0.06), (math.inf, 0.04)),
}
_SECONDS_OF_30_DAYS = 2_592_000


class Quantities(msgspec.Struct, frozen=True):
    """What the formulas derive first. Two month lengths, as published."""

    messages_720h: int
    messages_730h: float
    gb: float
    queries: float

    @classmethod
    def of(cls, w: Workload) -> "Quantities":
        """The paper's derived quantities, computed in the artifact's order of operations."""
        messages = w.devices * (60 / w.interval_min) * 730
        return cls(
            messages_720h=math.ceil(w.devices * (1 / w.interval_min) * 60 * 24 * 30),
            messages_730h=messages,
            gb=messages * w.message_kb / KB_PER_GB,
            queries=w.active_hours_per_day * w.refreshes_per_hour * 30,
        )


def published_key(name: str) -> str:
    """A field's name in the published scenarios: ``l2_hot`` is ``L2_hot``."""
    return name.upper()[0] + name[1:] if name[1:2].isdigit() else name


class Components(msgspec.Struct, frozen=True, rename=published_key):
    """Every figure of one workload, keyed as in the published scenarios. `l4` on Azure is None when 3D is needed."""

    messages_per_month_720h: int
    messages_per_month_730h: float
    data_gb_per_month: float
    l1: Pair
    l2_hot: Pair
    l2_cool: Pair
    l2_archive: Pair
    l3: Pair
    l4: dict[str, float | None]
    l5: Pair
    transfer: dict[str, Pair]


def components(w: Workload) -> Components:
    """Every component and transfer of a workload, unrounded."""
    q = Quantities.of(w)
    l3 = _functions(q)
    return Components(
        messages_per_month_720h=q.messages_720h,
        messages_per_month_730h=q.messages_730h,
        data_gb_per_month=q.gb,
        l1={"aws": _iot_core(w, q), "azure": _iot_hub(w, q)},
        l2_hot={"aws": _dynamodb(w, q), "azure": _cosmos(w, q)},
        l2_cool={"aws": _s3_infrequent(w, q), "azure": _blob_cool(w, q)},
        l2_archive={"aws": _deep_archive(w, q), "azure": _blob_archive(w, q)},
        l3={"aws": l3, "azure": l3},
        l4={"aws": _twinmaker(w, q), "azure": None if w.needs_3d else _azure_digital_twins(w, q)},
        l5={"aws": 9.0 * w.editors + 5.0 * w.viewers, "azure": 6.0 * (w.editors + w.viewers) + 0.069 * 730},
        transfer=_transfers(q.gb),
    )


def ladder(quantity: float, tiers: tuple[tuple[float, float], ...]) -> float:
    """What a quantity costs on tiers of (width, price), filled from the first."""
    cost, left = 0.0, quantity
    for width, price in tiers:
        cost += min(left, width) * price
        left -= width
        if left <= 0:
            break
    return cost


def metered(messages: float, message_kb: float, unit_kb: float) -> float:
    """Messages as they are metered: one per started unit of size."""
    return messages if message_kb <= unit_kb else messages * math.ceil(message_kb / unit_kb)


def _iot_core(w: Workload, q: Quantities) -> float:
    messages = metered(q.messages_720h, w.message_kb, 5)
    return 0.0035 * w.devices + 2 * 0.15e-6 * messages + ladder(messages, _IOT_TIERS)


def _iot_hub(w: Workload, q: Quantities) -> float:
    messages = metered(q.messages_720h, w.message_kb, 4)
    per_unit, price = next((unit, price) for limit, unit, price in _HUB_TIERS if messages <= limit)
    return price * max(1, math.ceil(messages / per_unit))


def _dynamodb(w: Workload, q: Quantities) -> float:
    held, free = q.gb * (w.hot_months + 0.5), 25 * w.hot_months
    storage = 0 if held <= free else math.ceil((held - free) * 0.25)
    return 0.625e-6 * q.messages_730h * w.message_kb + 0.125e-6 * (q.messages_730h / 2) + storage


def _cosmos(w: Workload, q: Quantities) -> float:
    writes = q.messages_730h / _SECONDS_OF_30_DAYS
    size_factor = 1 + 0.05 * (w.message_kb - 1)
    units = max(400, math.ceil(writes * 1 * size_factor + writes * 10))
    return 0.0584 * units + 0.25 * q.gb * (w.hot_months + 0.5)


def _objects(gb: float) -> int:
    """How many 100-MB objects a month's data makes."""
    return math.ceil(1024 * gb / 100)


def _s3_infrequent(w: Workload, q: Quantities) -> float:
    held = q.gb * w.cool_months
    return 0.0125 * held + 0.0001 * held + 0.00001 * 2 * _objects(q.gb) + 0.01 * (0.1 * held + q.gb)


def _blob_cool(w: Workload, q: Quantities) -> float:
    n = _objects(q.gb)
    return 0.015 * q.gb * w.cool_months + 0.00001 * n + 0.000001 * 0.1 * n + 0.01 * (0.1 * q.gb + q.gb)


def _deep_archive(w: Workload, q: Quantities) -> float:
    held = q.gb * w.archive_months
    return 0.00099 * held + 0.00005 * 2 * q.gb + 0.0025 * 0.01 * held


def _blob_archive(w: Workload, q: Quantities) -> float:
    held = q.gb * w.archive_months
    return 0.00099 * held + 0.000013 * q.gb + 0.02 * 0.01 * held


def _functions(q: Quantities) -> float:
    gb_seconds = q.messages_730h * 0.1 * 0.125
    return 0.2e-6 * max(q.messages_730h - 1e6, 0) + 0.0000166667 * max(gb_seconds - 400_000, 0)


def _twinmaker(w: Workload, q: Quantities) -> float:
    entities = w.entities if w.needs_3d else 0
    return 0.05 * entities + 1.5e-6 * q.messages_720h + 0.00005 * q.queries


def _azure_digital_twins(w: Workload, q: Quantities) -> float:
    units = 15 if w.devices < 100 else 1500 if w.devices < 10_000 else 4000
    return 2.5e-6 * q.messages_720h + 2.5e-6 * math.ceil(w.message_kb) * q.queries + 0.5e-6 * units * q.queries


def _transfers(gb: float) -> dict[str, Pair]:
    out: dict[str, float] = {cloud: ladder(gb, _EGRESS[cloud]) for cloud in CLOUDS}
    crossing = {"aws>aws": 0.0, "aws>azure": out["aws"], "azure>aws": out["azure"], "azure>azure": 0.0}
    to_cool = {
        "aws>aws": 0.10 * gb,
        "aws>azure": out["aws"],
        "azure>aws": 0.05 * gb + out["azure"],
        "azure>azure": 0.05 * max(gb - 5, 0),
    }
    return {"L1>hot": crossing, "hot>cool": to_cool, "cool>archive": crossing}

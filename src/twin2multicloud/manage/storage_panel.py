"""The stores of the twin: readings, bytes and age of each, with its cloud and its share as a bar. Reads nothing."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.emulator.host.status import CloudStatus, TierStatus
from twin2multicloud.manage.formatting import NOTHING, bytes_text, duration_text
from twin2multicloud.manage.overview_panel import CELL
from twin2multicloud.planning.clouds import label_of

_NAMES = {Slot.L3_HOT: "hot store", Slot.L3_COLD: "cold store", Slot.L3_ARCHIVE: "archive"}
_COLUMNS = (("store", "Store"), ("cloud", "Cloud"), ("share", "Share of readings"))
_NUMBERS = (("readings", "Readings"), ("objects", "Objects"), ("bytes", "Bytes"), ("ages", "Age"))
_BAR = """
<q-td :props="props" data-label="Share of readings"><div class="share" role="img" :aria-label="props.value + ' %'">
<div :class="props.row.key" :style="'width:' + props.value + '%'"></div></div></q-td>
"""


class StoragePanel:
    """A line for each store, the youngest first. Hidden until anything has left the hot store."""

    def __init__(self) -> None:
        columns: list[dict[str, Any]] = [
            {"name": name, "label": label, "field": name, "align": align}
            for names, align in ((_COLUMNS, "left"), (_NUMBERS, "right"))
            for name, label in names
        ]
        with ui.element("section").classes("panel last") as self._panel:
            with ui.row().classes("items-baseline"):
                ui.label("Storage").classes("section")
                self._hint = ui.label().classes("quiet")
            self._table = ui.table(columns=columns, rows=[], row_key="store").props("flat dense hide-pagination")
            self._table.classes("listing storage")
            self._table.add_slot("body-cell", CELL)
            self._table.add_slot("body-cell-share", _BAR)
        self._panel.visible = False

    def update(self, clouds: Sequence[CloudStatus]) -> None:
        """Show what the stores hold, at the clouds' own time."""
        rows = storage_rows(clouds)
        self._panel.visible = any(tier.objects for each in clouds for tier in each.tiers)
        now = max((each.now for each in clouds), default="")
        self._hint.set_text(f"the clouds' date: {now[:10]}" if now else "")
        if rows != self._table.rows:
            self._table.rows = rows


def storage_rows(clouds: Sequence[CloudStatus]) -> list[dict[str, Any]]:
    """A row for each store: `share` is in percent of all readings, `ages` from its newest reading to its oldest."""
    tiers = [(tier, each.cloud, each.now) for each in clouds for tier in each.tiers]
    found = [row for slot in _NAMES for row in tiers if row[0].slot is slot]
    total = sum(tier.readings for tier, _, _ in found) or 1
    return [_row(tier, cloud, now, total) for tier, cloud, now in found]


def _row(tier: TierStatus, cloud: Cloud, now: str, total: int) -> dict[str, Any]:
    return {
        "key": str(cloud),
        "store": _NAMES[tier.slot],
        "cloud": label_of(cloud),
        "share": round(100 * tier.readings / total, 1),
        "readings": f"{tier.readings:,}",
        "objects": f"{tier.objects:,}" if tier.objects else NOTHING,
        "bytes": bytes_text(tier.size),
        "ages": f"{_age(tier.newest, now)} to {_age(tier.oldest, now)}" if tier.oldest else NOTHING,
    }


def _age(stamp: str, now: str) -> str:
    return duration_text(max(0.0, to_datetime(now).timestamp() - to_datetime(stamp).timestamp()))

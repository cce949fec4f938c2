"""The rows of the storage panel: every store once, the youngest first, with its share and age."""

from tests.rigs.clouds import AWS, GCP
from twin2multicloud.domain.placement import Slot
from twin2multicloud.emulator.host.status import CloudStatus, TierStatus
from twin2multicloud.manage.storage_panel import storage_rows

NOW = "2026-01-31T12:00:00.000Z"


def test_stores_come_by_age_whatever_cloud_has_them():
    archive = TierStatus(
        slot=Slot.L3_ARCHIVE,
        objects=3,
        readings=75,
        size=2_000,
        oldest="2025-01-31T12:00:00.000Z",
        newest="2025-12-31T12:00:00.000Z",
    )
    hot = TierStatus(slot=Slot.L3_HOT, readings=25, size=90, oldest="2026-01-30T12:00:00.000Z", newest=NOW)
    clouds = [
        CloudStatus(cloud=AWS, running=True, tiers=(archive,), now=NOW),
        CloudStatus(cloud=GCP, running=True, tiers=(hot, TierStatus(slot=Slot.L3_COLD)), now=NOW),
    ]
    rows = storage_rows(clouds)
    assert [(row["store"], row["cloud"], row["share"]) for row in rows] == [
        ("hot store", "Google Cloud", 25.0),
        ("cold store", "Google Cloud", 0.0),
        ("archive", "AWS", 75.0),
    ]
    assert [row["ages"] for row in rows] == ["0 s to 24 h", "–", "31 d to 365 d"]
    assert [row["objects"] for row in rows] == ["–", "–", "3"]


def test_nothing_known_is_no_row():
    assert storage_rows([CloudStatus(cloud=AWS, running=False)]) == []

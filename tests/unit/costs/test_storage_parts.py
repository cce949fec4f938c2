"""Object stores by what they are billed for, and what a restore of archived objects costs."""

import msgspec
import pytest

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from twin2multicloud.cli.restore_text import archive_text
from twin2multicloud.costs.breakdown import TierCost, breakdown
from twin2multicloud.costs.optimizer import optimize
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.restoring import restore_cost, restore_hours
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.workload import DAYS_PER_MONTH, Workload
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.manage.tier_cards import held_text, quantity_text, restore_text

FLEET = msgspec.structs.replace(
    PRESETS["small"], devices=3000, interval_min=10, message_kb=0.3, hot_months=0.5, cool_months=1, archive_months=3
)
"""Objects of less than 128 KB, which leave each store before its minimum."""


def tiers(cloud: Cloud, w: Workload, book: PriceBook) -> tuple[TierCost, ...]:
    return breakdown(Placement.single(cloud), Traffic.of(w), book).tiers


def test_3000_devices_make_90000_objects_a_month(book: PriceBook) -> None:
    assert Traffic.of(FLEET).chunks == pytest.approx(3000 * DAYS_PER_MONTH)
    cold, archive = tiers(AWS, FLEET, book)
    assert cold.new_objects == pytest.approx(91_250)
    assert archive.objects == pytest.approx(2 * 91_250)


def test_small_objects_that_leave_early_are_billed_for_both(book: PriceBook) -> None:
    cold, archive = tiers(AWS, FLEET, book)
    by_reason = {part.reason: part for part in cold.parts}
    stored, padding, early = (by_reason[each] for each in ("stored", "minimum size", "early deletion"))
    assert stored.quantity + padding.quantity == pytest.approx(cold.objects * 128 / 1024 / 1024)
    assert early.quantity == pytest.approx((stored.quantity + padding.quantity) * (30 / DAYS_PER_MONTH / 0.5 - 1))
    overhead = next(part for part in archive.parts if part.reason == "object overhead")
    assert overhead.quantity == pytest.approx(archive.objects * 32 / 1024 / 1024)


@pytest.mark.parametrize("cloud", ALL)
def test_the_parts_are_all_that_the_object_stores_meters_cost(book: PriceBook, cloud: Cloud) -> None:
    found = breakdown(Placement.single(cloud), Traffic.of(FLEET), book)
    meters = ("s3ia.", "deep_archive.", "blob_cool.", "blob_archive.", "coldline.", "gcs_archive.")
    expected = sum(line.cost for line in found.lines if line.meter.startswith(meters))
    assert sum(tier.cost for tier in found.tiers) == pytest.approx(expected)
    assert all(part.cost > 0 for tier in found.tiers for part in tier.parts)


def test_across_clouds_an_object_is_downloaded_and_on_one_it_is_copied(book: PriceBook) -> None:
    w = msgspec.structs.replace(FLEET, restore_share=0)
    apart = msgspec.structs.replace(Placement.single(AZURE), l3_archive=GCP)
    here, there = (breakdown(place, Traffic.of(w), book) for place in (Placement.single(AZURE), apart))
    looked = {line.meter for line in here.lines if line.meter.startswith("blob_")}
    read = {line.meter for line in there.lines if line.meter.startswith("blob_")}
    assert looked - read == {
        "blob_archive.gb_month", "blob_archive.write", "blob_archive.other", "blob_cool.other",
    }  # fmt: skip
    assert read - looked == {"blob_cool.read"}


def test_what_a_restore_costs_and_when_it_is_there(book: PriceBook) -> None:
    assert [restore_hours(cloud) for cloud in (AWS, AZURE, GCP)] == [12, 15, None]
    aws = restore_cost(AWS, 1_000, 10, book)
    assert aws.requests == pytest.approx(0.12)
    assert aws.retrieval == pytest.approx(10 * 0.024)
    assert aws.copies == pytest.approx(10 * 0.0245 * 7 / DAYS_PER_MONTH)
    assert aws.total == pytest.approx(aws.requests + aws.retrieval + aws.copies)
    assert restore_cost(AZURE, 1_000, 10, book).requests == pytest.approx(0.6)
    assert restore_cost(GCP, 1_000, 10, book).copies == 0
    assert restore_cost(AWS, 0, 0, book).total == 0


def test_copies_are_billed_for_as_long_as_the_adapter_asks_for() -> None:
    from twin2multicloud.clouds.aws.object_store import RESTORED_DAYS
    from twin2multicloud.costs.aws_tariff import AwsTariff

    assert AwsTariff.archive.restored is not None
    assert AwsTariff.archive.restored.days == RESTORED_DAYS


def test_a_plan_marks_an_archive_that_has_to_be_restored(book: PriceBook) -> None:
    aws, gcp = (archive_text(Placement.single(cloud), book) for cloud in (AWS, GCP))
    assert "restore first" in aws
    assert "readable up to 12 h after a restore, for 0.024 USD per GB and 0.120 USD per 1,000 objects" in aws
    assert "restore first" not in gcp
    assert "read at once, for 0.050 USD per GB" in gcp


def test_the_pages_words(book: PriceBook) -> None:
    cold, archive = tiers(AWS, FLEET, book)
    assert held_text(cold).startswith("91.2k new objects of ")
    assert "restore" in restore_text(archive, book).lower()
    assert restore_text(tiers(GCP, FLEET, book)[1], book) == ""
    listing = next(part for part in cold.parts if part.reason == "requests: listings of the mover")
    assert quantity_text(listing) == "4.3k LIST requests"
    assert quantity_text(cold.parts[0]).endswith(" GB-months")


def test_what_packs_better_costs_less(book: PriceBook) -> None:
    better = msgspec.structs.replace(PRESETS["medium"], compression=8)
    assert optimize(better, book).total < optimize(PRESETS["medium"], book).total

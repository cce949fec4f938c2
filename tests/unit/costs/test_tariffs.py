"""What each cloud bills for, on figures that can be checked by hand."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import ALL
from twin2multicloud.clouds.gcp import device_authenticator
from twin2multicloud.costs import gcp_tariff
from twin2multicloud.costs.aws_tariff import AwsTariff, dynamo_plan, twinmaker_plan
from twin2multicloud.costs.azure_tariff import AzureTariff, cosmos_plan, hub_plan
from twin2multicloud.costs.gcp_tariff import GcpTariff
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.tariff import cheapest
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.costs.usage import tariff_of
from twin2multicloud.costs.workload import DAYS_PER_MONTH, KB_PER_GB, SECONDS_PER_MONTH, Workload
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud

ONE_A_MINUTE = Workload(
    devices=10, interval_min=1, message_kb=1.5, hot_months=1, cool_months=3, archive_months=12,
    refreshes_per_hour=60, active_hours_per_day=1, series_per_refresh=2, points_per_series=50,
)  # fmt: skip
T = Traffic.of(ONE_A_MINUTE)


class TestTraffic:
    def test_one_month_has_730_hours(self) -> None:
        assert pytest.approx(10 * 60 * 730) == T.messages
        assert pytest.approx(T.messages * 1.5 / 1024 / 1024) == T.gb

    def test_stored_readings_are_whole_kilobytes(self) -> None:
        assert T.size_units == 2
        assert Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, message_kb=0.9)).size_units == 1
        assert Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, message_kb=0.95)).size_units == 2  # 0.1 KB of keys

    def test_ages_are_not_paid_twice(self) -> None:
        assert (T.cold_months, T.archive_months) == (2, 9)

    def test_batches_share_a_request(self) -> None:
        ten = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, messages_per_request=10))
        assert ten.invocations(Kind.INGESTION) == pytest.approx(T.invocations(Kind.INGESTION) / 10)
        assert ten.milliseconds(Kind.INGESTION) < T.milliseconds(Kind.INGESTION)

    def test_dashboards_ask_per_panel(self) -> None:
        assert T.latest_queries == pytest.approx(60 * DAYS_PER_MONTH)
        assert T.history_queries == pytest.approx(2 * 60 * DAYS_PER_MONTH)


class TestAws:
    def test_iot_core_meters_by_started_5_kb(self) -> None:
        uses = dict(AwsTariff().devices(Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, message_kb=5.1))))
        assert uses["iot.message"] == uses["iot.rule"] == uses["iot.action"] == pytest.approx(2 * T.messages)
        assert uses["iot.connection_minute"] == pytest.approx(10 * 730 * 60)

    def test_infrequent_access_bills_30_days_and_128_kb(self) -> None:
        short = msgspec.structs.replace(ONE_A_MINUTE, cool_months=1, devices=1, message_kb=0.1, interval_min=60)
        uses = dict(AwsTariff.cold.held(Traffic.of(short), 0))
        assert uses["s3ia.gb_month"] == pytest.approx(DAYS_PER_MONTH * 128 / 1024 / 1024 * 30 / DAYS_PER_MONTH)

    def test_deep_archive_bills_180_days(self) -> None:
        """An object of a month: 32 KB more at its rate, 8 KB more at Standard's, and the rest of 180 days."""
        uses = dict(AwsTariff.archive.held(T, 1))
        months = 180 / DAYS_PER_MONTH
        assert uses["deep_archive.gb_month"] == pytest.approx((T.packed_gb + T.chunks * 32 / KB_PER_GB) * months)
        index = T.chunks * 8 / KB_PER_GB * months
        restored = T.packed_gb * ONE_A_MINUTE.restore_share * 7 / DAYS_PER_MONTH
        last = [quantity for meter, quantity in AwsTariff.archive.held(T, 1) if meter.endswith("standard_gb_month")]
        assert last == pytest.approx([index, restored])

    def test_what_a_month_bills_has_its_reasons(self) -> None:
        small = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, interval_min=10))
        assert [small.chunks, T.chunks] == pytest.approx([10 * DAYS_PER_MONTH] * 2)
        billed = AwsTariff.cold.billed(small, 0.5)
        assert billed.stored + billed.minimum_size == pytest.approx(0.5 * small.chunks * 128 / KB_PER_GB)
        assert sum(billed) == pytest.approx(small.chunks * 128 / KB_PER_GB * 30 / DAYS_PER_MONTH)
        assert GcpTariff.cold.billed(T, 3).early_deletion == 0
        assert GcpTariff.cold.billed(T, 2).early_deletion == pytest.approx(T.packed_gb * (90 / DAYS_PER_MONTH - 2))

    def test_dynamodb_takes_the_cheaper_mode(self, book: PriceBook) -> None:
        few = dynamo_plan(T, book)(1000)
        assert {each.name for each in few} == {"on-demand", "provisioned"}
        assert cheapest(few).name == "provisioned"  # within its free 25 units
        no_free = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, free_tiers=False, devices=1, interval_min=60))
        assert cheapest(dynamo_plan(no_free, book)(100)).name == "on-demand"

    def test_dynamodb_bills_whole_write_units(self, book: PriceBook) -> None:
        on_demand = dynamo_plan(T, book)(0)[0]
        assert on_demand.cost == pytest.approx(2 * T.messages * 2 * 0.7625e-6)  # written, and deleted by the mover

    def test_a_reader_pays_half_a_unit_per_4_kb(self) -> None:
        (use,) = AwsTariff().hot_read(T, 10, T.rows_read(Kind.HOT_READER))
        assert use == ("plan.dynamodb", 10 * 25 / 2)  # 50 rows of 2 KB

    def test_twinmaker_needs_an_entity_per_device(self, book: PriceBook) -> None:
        taken = cheapest(twinmaker_plan(T, book)(1))
        assert (taken.name, taken.note) == ("standard", "10 entities")

    def test_twinmaker_bundles_win_with_many_queries(self, book: PriceBook) -> None:
        busy = msgspec.structs.replace(ONE_A_MINUTE, devices=900, refreshes_per_hour=6000, active_hours_per_day=20)
        taken = cheapest(twinmaker_plan(Traffic.of(busy), book)(1))
        assert (taken.name, taken.cost) == ("bundle 1", 231.0)


class TestAzure:
    @pytest.mark.parametrize(
        ("million", "tier", "note", "cost"),
        [
            (0.001, "S1", "1 units", 25),
            (12, "S1", "1 units", 25),
            (12.2, "S1", "2 units", 50),
            (190, "S1", "16 units", 400),  # the published rule buys S2 x 2 = 500 here
            (228, "S1", "19 units", 475),
            (250, "S2", "2 units", 500),
            (9000, "S3", "1 units", 2500),
            (100_000, "S3", "11 units in 2 hubs", 27_500),
        ],
    )
    def test_iot_hub_takes_the_cheapest_tier(
        self, book: PriceBook, million: float, tier: str, note: str, cost: float
    ) -> None:
        taken = cheapest(hub_plan(book)(million * 1e6))
        assert (taken.name, taken.note, taken.cost) == (tier, note, cost)

    def test_iot_hub_meters_by_started_4_kb(self) -> None:
        uses = dict(AzureTariff().devices(Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, message_kb=4.5))))
        assert uses["plan.iothub"] == pytest.approx(2 * T.messages)
        assert uses["eventhub.event"] == pytest.approx(T.messages), "the event hub behind it meters by 64 KB"

    def test_cosmos_goes_from_serverless_to_provisioned(self, book: PriceBook) -> None:
        plan = cosmos_plan(T, book)
        assert cheapest(plan(1e6)).name == "serverless"
        assert cheapest(plan(1e9)).name == "provisioned"
        provisioned = plan(100 * SECONDS_PER_MONTH)[1]
        assert (provisioned.note, provisioned.cost) == ("400 RU/s", pytest.approx(400 / 100 * 0.008 * 730))

    def test_cosmos_autoscale_wins_with_high_peaks(self, book: PriceBook) -> None:
        peaky = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, peak_factor=20))
        assert cheapest(cosmos_plan(peaky, book)(1500 * SECONDS_PER_MONTH)).name == "autoscale"

    def test_cosmos_serverless_ends(self, book: PriceBook) -> None:
        assert "serverless" not in {v.name for v in cosmos_plan(T, book)(30_000 * SECONDS_PER_MONTH)}

    def test_functions_bill_100_ms_at_least(self) -> None:
        uses = dict(AzureTariff().function(T, 1000, 1000))
        assert uses["functions.gb_second"] == pytest.approx(1000 * 0.1 * 0.25)

    def test_digital_twins_bills_operations_of_1_kb(self) -> None:
        assert dict(AzureTariff().twin_written(T)) == {"adt.operation": pytest.approx(2 * T.messages)}


class TestGoogle:
    def test_pubsub_bills_1_kb_at_least(self) -> None:
        small = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, message_kb=0.1))
        assert dict(GcpTariff().devices(small))["pubsub.gib"] == pytest.approx(2 * T.messages / 1024 / 1024)

    def test_the_gateway_looks_a_device_up_as_often_as_it_forgets_it(self) -> None:
        assert gcp_tariff.GATEWAY_LOOKS_AGAIN_S == device_authenticator.KEPT_SECONDS
        assert dict(GcpTariff().devices(T))["firestore.second_read"] == pytest.approx(10 * SECONDS_PER_MONTH / 300)
        seldom = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, interval_min=60))
        assert dict(GcpTariff().devices(seldom))["firestore.second_read"] == seldom.messages
        many = Traffic.of(msgspec.structs.replace(ONE_A_MINUTE, devices=600_000, interval_min=0.1))  # 50 instances
        assert dict(GcpTariff().devices(many))["firestore.second_read"] == pytest.approx(
            50 * 600_000 * SECONDS_PER_MONTH / 300
        )

    def test_firestore_bills_documents_and_their_deletion(self) -> None:
        assert dict(GcpTariff().hot_written(T)) == {"firestore.write": T.messages}
        reads = T.messages + T.hot_searches
        assert dict(GcpTariff().hot_moved(T)) == {"firestore.read": reads, "firestore.delete": T.messages}

    def test_what_always_runs_is_billed_by_the_second(self, book: PriceBook) -> None:
        plan = GcpTariff().plans(T, book)["plan.twin_service"]
        expected = SECONDS_PER_MONTH * (18e-6 + 0.5 * 2e-6)
        assert plan(1)[0].cost == pytest.approx(expected)
        assert plan(2)[0].cost == pytest.approx(2 * expected)


@pytest.mark.parametrize("cloud", ALL)
@given(a=st.floats(1, 1e10), b=st.floats(0, 1e10))
def test_no_variant_choice_gets_cheaper_with_more(book: PriceBook, cloud: Cloud, a: float, b: float) -> None:
    for plan in tariff_of(cloud).plans(Traffic.of(PRESETS["medium"]), book).values():
        assert cheapest(plan(a)).cost <= cheapest(plan(a + b)).cost * (1 + 1e-12)

"""Prices: ladders, refusals, scaling, comparing. The shipped book is complete and says where each figure is from."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.clouds import AWS, GCP
from twin2multicloud.costs.prices import CloudPrices, Price, PriceBook, Tier, differences
from twin2multicloud.costs.snapshots import decode_prices, encode_prices
from twin2multicloud.domain.errors import ConfigurationError

EGRESS = Price(price=0.09, unit="GB", source="a page", free=100, further=(Tier(10_340, 0.085), Tier(51_300, 0.07)))


def aws(**prices: Price) -> CloudPrices:
    return CloudPrices(cloud=AWS, region="eu-central-1", country="DE", date="2026-01-01", currency="USD", prices=prices)


@pytest.mark.parametrize(
    ("quantity", "cost"),
    [
        (0, 0),
        (100, 0),
        (101, 0.09),
        (10_340, 10_240 * 0.09),
        (10_350, 10_240 * 0.09 + 10 * 0.085),
        (51_310, 10_240 * 0.09 + 40_960 * 0.085 + 10 * 0.07),
    ],
)
def test_a_ladder_by_hand(quantity: float, cost: float) -> None:
    assert EGRESS.pricer()(quantity) == pytest.approx(cost)


def test_free_units_can_be_used_up_by_something_else() -> None:
    assert EGRESS.pricer(free_tiers=False)(100) == pytest.approx(9)


def test_a_price_is_for_so_many_units() -> None:
    assert Price(price=0.20, per=1_000_000, unit="requests", source="x").pricer()(5_000_000) == pytest.approx(1)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_never_costs_less(a: float, b: float) -> None:
    pricer = EGRESS.pricer()
    assert pricer(a) <= pricer(a + b) + 1e-9


@pytest.mark.parametrize("price", [0, -1, float("nan"), float("inf")])
def test_a_price_that_is_none_is_refused(price: float) -> None:
    with pytest.raises(ConfigurationError, match=r"lambda is .*, expected a price above 0"):
        aws(**{"lambda": Price(price=price, unit="x", source="x")})


def test_a_free_further_tier_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected a price above 0"):
        aws(egress=Price(price=1, unit="x", source="x", further=(Tier(10, 0),)))


def test_tiers_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the tiers of egress are not in rising order"):
        aws(egress=Price(price=1, unit="x", source="x", further=(Tier(10, 0.5), Tier(5, 0.4))))


def test_a_missing_price_is_refused_not_free() -> None:
    with pytest.raises(ConfigurationError, match=r"AWS eu-central-1 .* has no price for sqs.request"):
        PriceBook.of(aws()).price(AWS, "sqs.request")


def test_a_missing_cloud_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no prices for Google Cloud"):
        PriceBook.of(aws()).price(GCP, "run.request")


def test_another_currency_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is in EUR, expected USD"):
        msgspec.structs.replace(aws(), currency="EUR")


def test_scaling_one_price_leaves_the_others(book: PriceBook) -> None:
    scaled = book.scaled(2, GCP, "run.request")
    changes = differences(book, scaled)
    assert [(change.cloud, change.meter, change.ratio) for change in changes] == [(GCP, "run.request", 2)]
    assert book.digest() != scaled.digest()


def test_a_price_that_came_or_went_is_a_difference() -> None:
    one, none = PriceBook.of(aws(a=EGRESS)), PriceBook.of(aws())
    (gone,) = differences(one, none)
    (came,) = differences(none, one)
    assert (gone.after, came.before, gone.ratio) == (None, None, None)


def test_a_book_can_be_written_and_read(book: PriceBook) -> None:
    for prices in book.clouds.values():
        assert decode_prices(encode_prices(prices), "x.json") == prices


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"cloud": "aws"}', b'{"cloud": "ibm"}'])
def test_what_is_no_book_is_refused_with_its_name(raw: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"^x.json: not a price book"):
        decode_prices(raw, "x.json")


def test_the_shipped_book_has_a_source_for_every_figure(book: PriceBook) -> None:
    assert {(each.cloud, each.region) for each in book.clouds.values()} == {
        ("aws", "eu-central-1"),
        ("azure", "westeurope"),
        ("gcp", "europe-west1"),
    }
    for prices in book.clouds.values():
        for meter, price in prices.prices.items():
            assert "." in price.source.split(":")[0], meter
            assert price.confirmed or "confirm with t2mc prices fetch" in price.source, meter
            assert price.unit, meter

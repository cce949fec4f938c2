"""Fetching prices without a terminal or a network: what is written and reported; a failure writes nothing."""

from pathlib import Path

import pytest

from tests.rigs.clouds import AWS, AZURE
from tests.unit.costs.recorded_source import RecordedSource
from tests.unit.costs.test_azure_fetch import PAGES, page
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.progress import Progress
from twin2multicloud.operations.prices import fetch_prices, load_book


def test_a_snapshot_is_written_under_its_date_and_each_step_is_reported(tmp_path: Path) -> None:
    told: list[Progress] = []
    written = fetch_prices(
        PriceBook.shipped(), (AZURE,), tmp_path / "new", told.append, source=RecordedSource(PAGES, page())
    )
    ((path, fetched),) = written.items()
    assert path.name == f"azure-westeurope-{fetched.prices.date}.json"
    assert load_book(path)[AZURE] == fetched.prices
    assert load_book(path)[AWS] == PriceBook.shipped()[AWS]
    assert {each.job for each in told} == {"prices"}
    assert {each.cloud for each in told} == {AZURE}


def test_one_list_that_cannot_be_had_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    dark = RecordedSource({**PAGES, "/offers/": RetryableError("cannot be reached")}, page())
    with pytest.raises(RetryableError, match="cannot be reached"):
        fetch_prices(PriceBook.shipped(), (AZURE, AWS), tmp_path / "new", lambda _: None, source=dark)
    assert not (tmp_path / "new").exists()

"""Movers over the emulator's own files while a disk takes no more: the hot store's, the cold's, the archive's.

A limit on the size of files stands for the disk: the kernel refuses the write in the middle, and no root is needed.
"""

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rigs.chance import RigChance
from tests.rigs.clock import RigClock
from tests.rigs.readings import reading
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.domain.rota import WHOLE
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.emulator.adapters.hot_store import SqliteTable, hot_store
from twin2multicloud.emulator.adapters.object_store import FolderObjectStore
from twin2multicloud.emulator.delivery.durability import Staged
from twin2multicloud.functions.storage.chunk_rows import rows_in
from twin2multicloud.functions.storage.cold_to_archive_mover import cold_to_archive
from twin2multicloud.functions.storage.hot_to_cold_mover import hot_to_cold
from twin2multicloud.ports.hot_store import BEFORE_ALL, RangeQuery, Row

ALWAYS = "2026-02-01T00:00:00.000Z"
QUERY = RangeQuery(device_id="d", start=BEFORE_ALL, end=ALWAYS, properties=("t",), limit=10_000)


class Stores:
    """Three stores in a folder, and the movers between them."""

    def __init__(self, folder: Path) -> None:
        self.table = SqliteTable(folder / "hot.sqlite", Staged())
        self.hot = hot_store(self.table)
        self.folder = folder
        self.cold = FolderObjectStore(folder / "cold", RigClock(), folder.joinpath, None)
        self.archive = FolderObjectStore(folder / "archive", RigClock(), folder.joinpath, None)
        chance = RigChance()
        self.movers = [
            hot_to_cold(("d",), self.hot, self.cold.create, chance),
            cold_to_archive(("d",), self.cold, lambda name: self.archive.take(name, "cold")),
        ]

    def move(self, mover: int) -> int:
        return sum(moved.objects for moved in self.movers[mover](ALWAYS, WHOLE))

    def everything(self) -> list[Row]:
        """Rows of all tiers; one that is in two of them comes once."""
        found = [*self.hot.range(QUERY), *rows_in(self.cold, QUERY).rows, *rows_in(self.archive, QUERY).rows]
        return sorted({row.key: row for row in found}.values(), key=lambda row: row.key)

    def unfinished(self) -> list[Path]:
        return list(self.folder.rglob(".unfinished-*"))


def readings(day: int, count: int) -> list[Reading]:
    """Of one day; what they carry does not compress."""
    chance = random.Random(day)
    return [
        reading(
            {
                "device_id": "d",
                "timestamp": f"2026-01-{day:02}T10:{number // 60:02}:{number % 60:02}.000Z",
                "message_id": f"{day}-{number}",
                "t": number,
                "noise": "".join(f"{chance.random():.17f}" for _ in range(10)),
            }
        )
        for number in range(count)
    ]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    made = Stores(tmp_path)
    for day, count in ((10, 1_000), (11, 5), (12, 5)):
        made.hot.write(readings(day, count))
    yield made
    made.table.close()


def use_until_full(stores: Stores) -> None:
    """The log of changes grows with every write and every deletion."""
    for _ in range(100):
        stores.move(0)
        stores.hot.write(readings(13, 200))
        stores.hot.range(QUERY)


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes. Python ignores the signal; the write fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("mover", [0, 1], ids=["the cold store's", "the archive's"])
def test_a_disk_that_gets_full_in_the_middle_of_an_object(stores: Stores, mover: int) -> None:
    whole = stores.everything()
    assert stores.move(0) == 3 if mover == 1 else len(whole) == 1_010
    with disk_of(20_000), pytest.raises(RetryableError, match=r"jsonl\.gz: the write to disk failed"):
        stores.move(mover)
    assert stores.unfinished() == []
    assert stores.everything() == whole
    stores.move(0)
    assert stores.move(1) == 3
    assert stores.everything() == whole
    assert stores.hot.range(QUERY) == []


def test_a_hot_store_whose_disk_is_full_keeps_what_it_cannot_delete(stores: Stores) -> None:
    whole = stores.everything()
    size = max(path.stat().st_size for path in stores.folder.iterdir())
    with disk_of(size), pytest.raises(RetryableError, match="the write to disk failed"):
        use_until_full(stores)
    assert [row for row in stores.everything() if row.key.timestamp < "2026-01-13"] == whole
    stores.move(0)
    assert [row for row in stores.everything() if row.key.timestamp < "2026-01-13"] == whole
    assert stores.hot.range(QUERY) == []

"""Every rig over a vendor's emulator, by port and name. `tests/contracts/conftest.py` runs each suite over them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.rigs.vendor_hot_stores import (
    cosmos_on_cosmosdb_server,
    dynamodb_on_moto,
    firestore_on_googles_emulator,
    firestore_on_npm,
)

VENDOR_RIGS: dict[str, dict[str, Callable[[Path], AbstractContextManager[Any]]]] = {
    "hot_store_rig": {
        "dynamodb-moto": dynamodb_on_moto,
        "cosmos-cosmosdb-server": cosmos_on_cosmosdb_server,
        "firestore-google": firestore_on_googles_emulator,
        "firestore-npm": firestore_on_npm,
    },
}

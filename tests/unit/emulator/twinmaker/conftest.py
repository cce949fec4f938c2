"""An emulated TwinMaker of its own for each test, in memory, and unmodified boto3 before it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rigs.twinmaker_client import BUCKET, ROLE, Functions, account, client_of, make_factory
from twin2multicloud.emulator.l4.twinmaker import TwinMakerAlone


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def service(functions: Functions) -> Iterator[TwinMakerAlone]:
    made = account(functions)
    yield made
    made.close()


@pytest.fixture
def client(service: TwinMakerAlone) -> Iterator[Any]:
    made = client_of(service.answer)
    made.create_workspace(workspaceId="factory", role=ROLE, s3Location=BUCKET)
    yield made
    made.close()


@pytest.fixture
def factory(client: Any) -> Any:
    """The same with a line of two mixers in it."""
    make_factory(client)
    return client

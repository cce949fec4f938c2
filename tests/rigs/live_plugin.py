"""Stands in for tests/contracts/conftest.py when the suites run over real accounts: ``make test-live``.

A plugin, loaded by name with ``--noconftest``: then no emulator is a rig, and nothing runs that is not over a cloud
which ``T2MC_LIVE`` names.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rigs import live, live_aws, live_azure, live_gcp, live_gcp_devices
from tests.rigs.table import EXPECTED_FAILURES
from tests.rigs.vendor_processes import open_until_exit
from twin2multicloud.domain.errors import ConfigurationError

RIGS = {"aws": live_aws.RIGS, "azure": live_azure.RIGS, "gcp": {**live_gcp.RIGS, **live_gcp_devices.RIGS}}


def pytest_configure() -> None:
    """Say what to set where nothing is chosen, before anything is made."""
    try:
        live.chosen(os.environ)
        live.patience()
    except ConfigurationError as error:
        pytest.exit(str(error), returncode=2)


def pytest_unconfigure() -> None:
    """Delete what all tests shared, and close clients."""
    open_until_exit.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a port's rig once for each chosen cloud that has one."""
    for port in metafunc.fixturenames:
        rigs = {cloud: RIGS[cloud][port] for cloud in live.chosen(os.environ) if port in RIGS[cloud]}
        if rigs:
            metafunc.parametrize(port, list(rigs.values()), ids=list(rigs), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what runs over no cloud; expect to fail what a service does not do."""
    dropped = [item for item in items if not _is_live(item)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if _is_live(item)]
    for item in items:
        for each in EXPECTED_FAILURES:
            if each.live and item.name == f"{each.test}[{each.live}]":
                item.add_marker(pytest.mark.xfail(reason=each.reason, strict=True))


def _is_live(item: pytest.Item) -> bool:
    ports = {port for cloud in live.chosen(os.environ) for port in RIGS[cloud]}
    return not ports.isdisjoint(getattr(item, "fixturenames", ()))


def _fixture(port: str) -> Any:
    @pytest.fixture(name=port)
    def rig(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Any]:
        with request.param(tmp_path) as made:
            yield made

    return rig


hot_store_rig = _fixture("hot_store_rig")
invoker_rig = _fixture("invoker_rig")
dead_letters_rig = _fixture("dead_letters_rig")
error_store_rig = _fixture("error_store_rig")
event_store_rig = _fixture("event_store_rig")
error_sink_rig = _fixture("error_sink_rig")
secrets_rig = _fixture("secrets_rig")
device_registry_rig = _fixture("device_registry_rig")
device_authenticator_rig = _fixture("device_authenticator_rig")
device_ingress_rig = _fixture("device_ingress_rig")

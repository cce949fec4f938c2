"""The rigs of each port. To try an adapter, add a context manager that makes its rig to `RIGS`; no test changes.

A rig is made of a folder of its own (for adapters that need a disk) and has what the in-memory rig of its port has
(`tests/rigs/<port>.py`): the adapter itself, a way to see what it did, and `settle()`, which returns when what was
accepted is durable and visible.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.rigs import error_store, event_store
from tests.rigs.dead_letter_queues import emulated_letters
from tests.rigs.dead_letters import DeadLettersRig
from tests.rigs.device_gateway import DeviceAuthenticatorRig, DeviceIngressRig
from tests.rigs.device_registry import DeviceRegistryRig
from tests.rigs.emulated import (
    emulated_dead_letters,
    emulated_error_sink,
    emulated_hot_store,
    emulated_invoker,
    emulated_local_writer,
    emulated_object_store,
    emulated_remote_writer,
    http_transport,
)
from tests.rigs.emulated_devices import emulated_authenticator, emulated_registry
from tests.rigs.emulated_invocation import emulated_endpoint, emulated_native
from tests.rigs.error_sink import ErrorSinkRig
from tests.rigs.hot_store import HotStoreRig
from tests.rigs.invocation import memory_invocation
from tests.rigs.invoker import InvokerRig
from tests.rigs.object_store import ObjectStoreRig
from tests.rigs.table import expected_failure
from tests.rigs.telemetry_writer import LocalWriterRig, RemoteWriterRig
from tests.rigs.transport import TransportRig
from tests.rigs.twin_graph import TwinGraphRig, emulated_graph
from tests.rigs.vendor import SDK_PACKAGES, VENDOR_RIGS
from tests.rigs.vendor_processes import need_package, open_until_exit

MakeRig = Callable[[Path], AbstractContextManager[Any]]


def _in_memory(kind: type) -> MakeRig:
    return lambda _: nullcontext(kind())


RIGS: dict[str, dict[str, MakeRig]] = {
    "hot_store_rig": {"memory": _in_memory(HotStoreRig), "emulator": emulated_hot_store},
    "error_store_rig": {
        "memory": lambda _: nullcontext(error_store.in_memory()),
        "emulator": error_store.over(emulated_hot_store),
    },
    "event_store_rig": {
        "memory": lambda _: nullcontext(event_store.in_memory()),
        "emulator": event_store.over(emulated_hot_store),
    },
    "object_store_rig": {"memory": _in_memory(ObjectStoreRig), "emulator": emulated_object_store},
    "invoker_rig": {"memory": _in_memory(InvokerRig), "emulator": emulated_invoker},
    "dead_letters_rig": {"memory": _in_memory(DeadLettersRig), "emulator": emulated_dead_letters},
    "dead_letter_queues_rig": {"emulator": emulated_letters},
    "telemetry_writer_rig": {
        "store": _in_memory(LocalWriterRig),
        "sender": _in_memory(RemoteWriterRig),
        "emulator": emulated_local_writer,
        "emulator-sender": emulated_remote_writer,
    },
    "invocation_rig": {
        "memory": memory_invocation,
        "emulator": emulated_native,
        "emulator-endpoint": emulated_endpoint,
    },
    "twin_graph_rig": {"memory": _in_memory(TwinGraphRig), "emulator": emulated_graph},
    "device_registry_rig": {"memory": _in_memory(DeviceRegistryRig), "emulator": emulated_registry},
    "device_authenticator_rig": {"memory": _in_memory(DeviceAuthenticatorRig), "emulator": emulated_authenticator},
    "device_ingress_rig": {"memory": _in_memory(DeviceIngressRig)},
    "error_sink_rig": {"memory": _in_memory(ErrorSinkRig), "emulator": emulated_error_sink},
    "transport_rig": {"memory": _in_memory(TransportRig), "http": http_transport},
}
for _port, _rigs in VENDOR_RIGS.items():
    RIGS.setdefault(_port, {}).update(_rigs)

if os.environ.get("CI"):  # elsewhere, tests of an SDK that is not installed are skipped
    for _package in SDK_PACKAGES:
        need_package(_package)


def pytest_unconfigure() -> None:
    """Stop the vendors' emulators: at the interpreter's exit a thread that hangs would keep them."""
    open_until_exit.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect to fail what the table of rigs says; a test that passes there is a surprise: a failure."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is None:
            continue
        expected = expected_failure(item.originalname, callspec.id)
        if expected is not None:
            item.add_marker(pytest.mark.xfail(reason=expected.reason, strict=True))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a port's rig once for each rig of that port."""
    for port, rigs in RIGS.items():
        if port in metafunc.fixturenames:
            metafunc.parametrize(port, list(rigs.values()), ids=list(rigs), indirect=True)


def _fixture(port: str):
    @pytest.fixture(name=port)
    def rig(request, tmp_path):
        with request.param(tmp_path) as made:
            yield made

    return rig


hot_store_rig = _fixture("hot_store_rig")
object_store_rig = _fixture("object_store_rig")
invoker_rig = _fixture("invoker_rig")
dead_letters_rig = _fixture("dead_letters_rig")
dead_letter_queues_rig = _fixture("dead_letter_queues_rig")
telemetry_writer_rig = _fixture("telemetry_writer_rig")
transport_rig = _fixture("transport_rig")
error_store_rig = _fixture("error_store_rig")
event_store_rig = _fixture("event_store_rig")
error_sink_rig = _fixture("error_sink_rig")
secrets_rig = _fixture("secrets_rig")
device_registry_rig = _fixture("device_registry_rig")
device_authenticator_rig = _fixture("device_authenticator_rig")
device_ingress_rig = _fixture("device_ingress_rig")
invocation_rig = _fixture("invocation_rig")
twin_graph_rig = _fixture("twin_graph_rig")

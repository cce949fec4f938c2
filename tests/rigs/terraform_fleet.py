"""Serves stand-in providers to a real Terraform or OpenTofu: a socket each, and the variable that tells the core.

Owns sockets and threads of one test. Form: go-plugin's reattach configuration (github.com/hashicorp/go-plugin).
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from tests.rigs.terraform_provider import StandIn
from twin2multicloud.terraform import schemas

Fleet = dict[str, StandIn]


@contextmanager
def stand_in_providers() -> Iterator[tuple[Fleet, dict[str, str]]]:
    """The stand-ins by provider, and the environment with which an engine finds them."""
    fleet = {name: StandIn(schema) for name, schema in schemas.load().items()}
    with tempfile.TemporaryDirectory(prefix="t2mc-") as folder:
        sockets = {name: Path(folder) / name for name in fleet}
        servers = [_serve(fleet[name], sockets[name]) for name in fleet]
        try:
            yield fleet, {"TF_REATTACH_PROVIDERS": json.dumps(_reattach(sockets))}
        finally:
            for server in servers:
                server.stop(grace=None).wait()


def _reattach(sockets: dict[str, Path]) -> dict[str, Any]:
    """By the names that configurations use: ``hashicorp/aws`` is what both engines complete by their own registry."""
    return {
        f"hashicorp/{name}": {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(path)},
        }
        for name, path in sockets.items()
    }


def _serve(provider: StandIn, socket: Path) -> grpc.Server:
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((_Handler(provider),))
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    return server


class _Handler(grpc.GenericRpcHandler):
    """The methods of ``tfplugin6.Provider``; what else go-plugin asks for is not there, and it does without."""

    def __init__(self, provider: StandIn) -> None:
        accept = provider.accept
        self._methods: dict[str, Callable[[bytes], bytes]] = {
            "GetProviderSchema": provider.get_provider_schema,
            "ValidateProviderConfig": accept,
            "ConfigureProvider": accept,
            "ValidateResourceConfig": accept,
            "ValidateDataResourceConfig": accept,
            "StopProvider": accept,
            "UpgradeResourceState": provider.upgrade_resource_state,
            "ReadResource": provider.read_resource,
            "PlanResourceChange": provider.plan_resource_change,
            "ApplyResourceChange": provider.apply_resource_change,
            "ReadDataSource": provider.read_data_source,
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """The handler of one call."""
        service, _, name = handler_call_details.method.strip("/").partition("/")
        method = self._methods.get(name) if service == "tfplugin6.Provider" else None
        if method is None:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, _: method(request))

"""Secret Manager as far as a rig makes, reads and deletes its own: a gRPC server that Google's client accepts.

Google has no emulator of it. Shapes: google.cloud.secretmanager_v1; the service adds versions and numbers them from 1.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud import secretmanager_v1 as api

_SERVICE = "/google.cloud.secretmanager.v1.SecretManagerService/"


class SecretManagerServer(grpc.GenericRpcHandler):
    """Answers on `host`. `secrets` has the texts of each secret, by its full name, the latest last."""

    def __init__(self) -> None:
        self.secrets: dict[str, list[bytes]] = {}
        self._answers: dict[str, tuple[Any, Callable[[Any, grpc.ServicerContext], Any]]] = {
            "CreateSecret": (api.CreateSecretRequest, self._create),
            "AddSecretVersion": (api.AddSecretVersionRequest, self._add),
            "AccessSecretVersion": (api.AccessSecretVersionRequest, self._access),
            "DeleteSecret": (api.DeleteSecretRequest, self._delete),
            "ListSecrets": (api.ListSecretsRequest, self._list),
        }
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        kind, answer = self._answers[handler_call_details.method.removeprefix(_SERVICE)]
        return grpc.unary_unary_rpc_method_handler(
            lambda raw, context: answer(kind.deserialize(raw), context), response_serializer=_serialized
        )

    def close(self) -> None:
        self._server.stop(None).wait()

    def _create(self, asked: api.CreateSecretRequest, context: grpc.ServicerContext) -> api.Secret:
        if "automatic" not in asked.secret.replication:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "A secret says how it is replicated.")
        name = f"{asked.parent}/secrets/{asked.secret_id}"
        self.secrets[name] = []
        return api.Secret(name=name)

    def _add(self, asked: api.AddSecretVersionRequest, context: grpc.ServicerContext) -> api.SecretVersion:
        versions = self._found(asked.parent, context)
        versions.append(asked.payload.data)
        return api.SecretVersion(name=f"{asked.parent}/versions/{len(versions)}")

    def _access(
        self, asked: api.AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> api.AccessSecretVersionResponse:
        secret, _, version = asked.name.partition("/versions/")
        versions = self._found(secret, context)
        if version != "latest" or not versions:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{asked.name}] not found.")
        return api.AccessSecretVersionResponse(name=asked.name, payload={"data": versions[-1]})

    def _delete(self, asked: api.DeleteSecretRequest, context: grpc.ServicerContext) -> bytes:
        self._found(asked.name, context)
        del self.secrets[asked.name]
        return b""  # an empty message

    def _list(self, asked: api.ListSecretsRequest, _: grpc.ServicerContext) -> api.ListSecretsResponse:
        names = [name for name in self.secrets if name.startswith(f"{asked.parent}/")]
        return api.ListSecretsResponse(secrets=[api.Secret(name=name) for name in names])

    def _found(self, name: str, context: grpc.ServicerContext) -> list[bytes]:
        if name not in self.secrets:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{name}] not found.")
        return self.secrets[name]


def _serialized(message: Any) -> bytes:
    if isinstance(message, bytes):
        return message
    raw: bytes = type(message).serialize(message)
    return raw


@contextmanager
def secret_manager_server() -> Iterator[SecretManagerServer]:
    server = SecretManagerServer()
    try:
        yield server
    finally:
        server.close()

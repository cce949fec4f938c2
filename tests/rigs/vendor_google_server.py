"""A gRPC server of ours that Google's real clients accept: Pub/Sub's publisher, Secret Manager, faults on demand.

For what Google has no emulator of (Secret Manager), for machines without gcloud (Pub/Sub), and for the errors that no
emulator ever gives. Of Firestore it takes commits, and says how large they were.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.firestore_v1.types import CommitRequest, CommitResponse, WriteResult
from google.cloud.secretmanager_v1 import AccessSecretVersionRequest, AccessSecretVersionResponse
from google.pubsub_v1 import PublishRequest, PublishResponse

_SIZE = [("grpc.max_receive_message_length", -1)]


class GoogleServer(grpc.GenericRpcHandler):
    """Answers on `host`. While `faults` has codes, every call takes the next one; the last of them stays if `stuck`."""

    def __init__(self) -> None:
        self.topics: dict[str, list[bytes]] = defaultdict(list)
        self.attributes: dict[str, list[dict[str, str]]] = defaultdict(list)  # of the same messages
        self.secrets: dict[str, str] = {}
        self.commits: list[tuple[int, int]] = []  # writes and bytes of each
        self.faults: list[grpc.StatusCode] = []
        self.stuck = False
        self.calls = 0
        self._ids = itertools.count(1)
        self._server = grpc.server(ThreadPoolExecutor(4), options=_SIZE)
        self._server.add_generic_rpc_handlers((self,))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """A handler for any method there is; unknown ones are unimplemented, unless a fault comes first."""
        method = handler_call_details.method
        answers: dict[str, tuple[Any, Callable[[Any, grpc.ServicerContext], Any]]] = {
            "/google.pubsub.v1.Publisher/Publish": (PublishRequest, self._publish),
            "/google.firestore.v1.Firestore/Commit": (CommitRequest, self._commit),
            "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion": (
                AccessSecretVersionRequest,
                self._access,
            ),
        }
        kind, answer = answers.get(method, (None, None))

        def handle(raw: bytes, context: grpc.ServicerContext) -> Any:
            self.calls += 1
            if self.faults:
                code = self.faults[0] if self.stuck else self.faults.pop(0)
                context.abort(code, f"told to answer {code.name}")
            if kind is None or answer is None:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, method)
            return answer(kind.deserialize(raw), context)

        if method.endswith(("RunQuery", "BatchGetDocuments")):
            return grpc.unary_stream_rpc_method_handler(lambda raw, context: iter([handle(raw, context)]))
        return grpc.unary_unary_rpc_method_handler(handle, response_serializer=lambda each: type(each).serialize(each))

    def close(self) -> None:
        self._server.stop(None).wait()

    def _publish(self, request: PublishRequest, context: grpc.ServicerContext) -> PublishResponse:
        if request.topic not in self.topics:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={request.topic}).")
        if sum(len(each.data) for each in request.messages) > 10_000_000:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The request is over 10 MB.")
        self.topics[request.topic] += [each.data for each in request.messages]
        self.attributes[request.topic] += [dict(each.attributes) for each in request.messages]
        return PublishResponse(message_ids=[str(next(self._ids)) for _ in request.messages])

    def _commit(self, request: CommitRequest, _: grpc.ServicerContext) -> CommitResponse:
        self.commits.append((len(request.writes), len(CommitRequest.serialize(request))))
        return CommitResponse(write_results=[WriteResult() for _ in request.writes])

    def _access(
        self, request: AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> AccessSecretVersionResponse:
        secret, _, version = request.name.partition("/versions/")
        if secret not in self.secrets or version != "latest":
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{request.name}] not found.")
        return AccessSecretVersionResponse(name=request.name, payload={"data": self.secrets[secret].encode()})

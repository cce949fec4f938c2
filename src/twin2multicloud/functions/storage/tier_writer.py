"""The endpoint that takes chunks from another cloud for a cold or an archive store. Independent of the tier."""

from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.storage.chunks import verify
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.object_store import ObjectStore
from twin2multicloud.wire.chunks import receive_chunk


def writer_function(parts: Parts, store: ObjectStore) -> Function:
    """HTTP -> the object store."""

    def keep(name: str, body: bytes) -> None:
        verify(name, body)
        store.create(name, body)

    tokens = parts.tokens
    return parts.function({Trigger.HTTP: lambda request: receive_chunk(request, tokens, keep)})

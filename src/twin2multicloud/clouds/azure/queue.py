"""Storage queues: sending records. Owns their limit; `stores.record_queues` says what a record is.

Limits: learn.microsoft.com, "Put Message" (64 KiB a message, which base64 makes 48; a time to live of 7 days unless it
is said otherwise). Base64 is what the Functions host reads unless host.json says otherwise.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from twin2multicloud.clouds.azure.sdk_errors import domain_errors
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.stores.queue_records import Records
from twin2multicloud.stores.record_queues import RecordQueues

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

MAX_RECORD_BYTES = 48 * 1024
_FOR_EVER = -1
_AT_ONCE = 8
"""Sends at a time: an envelope of 4 MiB is 85 messages, and its sender waits for 30 s. The
client keeps ten connections."""


def queues(queue: Callable[[str], "QueueClient"], clock: Clock, chance: Chance) -> RecordQueues:
    """The queues of one account, by name; `queue` makes the client of one. An account answers when it has three copies.

    What one message cannot hold is cut; a single reading of more than 48 KiB is refused for good.
    """

    def in_order(name: str, records: Sequence[bytes]) -> None:
        client = queue(name)
        for record in records:
            _put(client, name, record)

    def send(name: str, records: Sequence[bytes]) -> None:
        if len(records) == 1:
            in_order(name, records)
            return
        from concurrent.futures import ThreadPoolExecutor  # a cold start that sends one message does not pay for it

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(partial(_put, queue(name), name), records))  # raises what the first that failed raised

    return RecordQueues(send, Records(Cloud("azure"), clock, chance, MAX_RECORD_BYTES), in_order)


def _put(client: "QueueClient", name: str, record: bytes) -> None:
    with domain_errors(f"queue {name}"):
        client.send_message(record, time_to_live=_FOR_EVER)

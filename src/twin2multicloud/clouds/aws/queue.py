"""SQS: sending records. Owns its limits and its partial failures; `stores.record_queues` says what a record is.

Limits: botocore's model of sqs (10 entries and 1 MiB a request, message included; characters of XML 1.0 only).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from twin2multicloud.clouds.aws.sdk_errors import by_code, domain_errors
from twin2multicloud.domain.errors import ConfigurationError, RetryableError, TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.stores.queue_records import Records
from twin2multicloud.stores.record_queues import RecordQueues
from twin2multicloud.wire.batches import batches

MAX_RECORD_BYTES = 1_040_000
_ENTRIES, _REQUEST_BYTES = 10, 1_048_576

Entry = dict[str, str]


class Sqs(Protocol):
    """What is used of boto3's ``sqs`` client."""

    def send_message_batch(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


def queues(client: Sqs, clock: Clock, chance: Chance) -> RecordQueues:
    """The queues of one account, by URL. SQS has stored a message on several servers when it answers."""
    return RecordQueues(partial(send, client), Records(Cloud("aws"), clock, chance, MAX_RECORD_BYTES))


def send(client: Sqs, url: str, records: Sequence[bytes]) -> None:
    """See `stores.record_queues.Send`."""
    if not url.startswith(("https://", "http://")):
        raise ConfigurationError(f"a queue must be given by its URL, found {url!r}; the deployment sets it")
    entries = [{"Id": str(number), "MessageBody": _text(record)} for number, record in enumerate(records)]
    for batch in batches(entries, most=_ENTRIES, max_bytes=_REQUEST_BYTES):
        _send_batch(client, url, batch)


def _send_batch(client: Sqs, url: str, entries: list[Entry]) -> None:
    doing = f"queue {url.rsplit('/', 1)[-1]}"
    with domain_errors(doing):
        answer = client.send_message_batch(QueueUrl=url, Entries=entries)
    if failed := answer.get("Failed"):
        raise _worst([_entry_error(doing, each) for each in failed])


def _entry_error(doing: str, failed: Mapping[str, Any]) -> TwinError:
    code, message = str(failed.get("Code", "")), str(failed.get("Message", ""))
    return by_code(doing, code, message, 400 if failed.get("SenderFault") else 500)


def _worst(errors: Sequence[TwinError]) -> TwinError:
    """The error to raise for several: what is final for one entry must not keep the others from coming again."""
    return next((each for each in errors if isinstance(each, RetryableError)), errors[0])


def _text(record: bytes) -> str:
    """A record in characters that SQS takes: JSON may spell any of them as an escape, and only texts hold them."""
    return record.decode().replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")

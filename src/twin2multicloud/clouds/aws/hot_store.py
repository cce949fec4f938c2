"""The hot store's rows in DynamoDB: partition key `device_id`, sort key `sort_key`, both strings. Only rows.

The error table's are kept the same way.
A row's properties are native attributes in the map ``values``. DynamoDB's numbers have 38 digits, magnitudes from
1E-130 to 9.99E125, no sign on zero and no telling 21.0 from 21: such doubles stand as text in the map ``exact`` too.
Limits: botocore's model of dynamodb (25 writes a batch, 400 KB an item, 1 MB a page).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from twin2multicloud.clouds.aws.sdk_errors import domain_errors
from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.hot_store import Row, RowKey
from twin2multicloud.stores.rows import Put, Span, escaped, inexact, plain, restored, row_key, sort_key
from twin2multicloud.wire.retry import RetryPolicy

BATCH = 25
_LEAST, _MOST = 1e-130, 9.9e125

Attribute = dict[str, Any]
Request = dict[str, Any]


class DynamoDb(Protocol):
    """What is used of boto3's ``dynamodb`` client."""

    def batch_write_item(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def put_item(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it
    def query(self, **request: object) -> Mapping[str, Any]: ...  # noqa: D102 - as boto3 documents it


class DynamoTable:
    """A `SortedTable` in one DynamoDB table."""

    max_row_bytes = 360_000  # of 400 KB; keys, names and exact texts come on top

    def __init__(self, client: DynamoDb, name: str, clock: Clock, chance: Chance, *, what: str = "hot store") -> None:
        self._client, self._name, self._clock, self._chance = client, name, clock, chance
        self._policy = RetryPolicy(first=0.1, retries=5)
        self._doing = f"{what} {name}"

    def put(self, rows: Sequence[Put]) -> None:
        """See `SortedTable.put`."""
        self._write([{"PutRequest": {"Item": _item(row)}} for row in rows])

    def add(self, row: Put) -> bool:
        """See `SortedTable.add`."""
        try:
            with domain_errors(self._doing):
                self._client.put_item(
                    TableName=self._name, Item=_item(row), ConditionExpression="attribute_not_exists(sort_key)"
                )
        except FinalError as error:
            if "ConditionalCheckFailedException" not in str(error):
                raise
            return False
        return True

    def delete(self, device_id: str, keys: Sequence[RowKey]) -> None:
        """See `SortedTable.delete`."""
        self._write([{"DeleteRequest": {"Key": _key(device_id, key)}} for key in keys])

    def page(
        self, device_id: str, within: Span, limit: int, properties: Sequence[str] | None, *, descending: bool = False
    ) -> Sequence[Row]:
        """See `SortedTable.page`. A key condition knows no ``<`` beside ``>=``: the row at `high` is left out here."""
        low, high = within.texts
        rows: list[Row] = []
        start: dict[str, Any] = {}
        while len(rows) < limit:
            with domain_errors(self._doing):
                answer = self._client.query(
                    TableName=self._name,
                    KeyConditionExpression="device_id = :device AND sort_key BETWEEN :low AND :high",
                    ExpressionAttributeValues={
                        ":device": {"S": device_id},
                        ":low": {"S": low},
                        ":high": {"S": high},
                    },
                    ScanIndexForward=not descending,
                    Limit=limit - len(rows) + 1,
                    **start,
                )
            rows += [_row(item, properties) for item in answer["Items"] if item["sort_key"]["S"] != high]
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return rows[:limit]

    def _write(self, requests: Sequence[Request]) -> None:
        for start in range(0, len(requests), BATCH):
            self._write_batch(list(requests[start : start + BATCH]))

    def _write_batch(self, requests: list[Request]) -> None:
        """One batch, and what the table could not take at once again. Raises RetryableError when patience ends."""
        retry = 0
        while requests:
            with domain_errors(self._doing):
                answer = self._client.batch_write_item(RequestItems={self._name: requests})
            requests = answer.get("UnprocessedItems", {}).get(self._name, [])
            if requests:
                wait = self._policy.delay(retry, self._chance)
                if wait is None:
                    raise RetryableError(f"{self._doing}: {len(requests)} rows are still unprocessed (throttled)")
                self._clock.sleep(wait)
                retry += 1


def _key(device_id: str, key: RowKey) -> dict[str, Attribute]:
    return {"device_id": {"S": device_id}, "sort_key": {"S": sort_key(key)}}


def _item(row: Put) -> dict[str, Attribute]:
    native = {name: _attribute(value) for name, value in row.values.items()}
    exact = inexact(row.values, _keeps)
    return {
        **_key(row.device_id, row.key),
        "name": {"S": row.key.message_id},
        "values": {"M": {escaped(name): value for name, value in native.items() if value is not None}},
        **({"exact": {"M": {escaped(name): {"S": text} for name, text in exact.items()}}} if exact else {}),
    }


def _row(item: Mapping[str, Attribute], properties: Sequence[str] | None) -> Row:
    values = ((plain(name), _scalar(value)) for name, value in item["values"]["M"].items())
    exact = {plain(name): value["S"] for name, value in item.get("exact", {"M": {}})["M"].items()}
    return Row(row_key(item["sort_key"]["S"], item["name"]["S"]), restored(values, exact, properties))


def _attribute(value: Scalar) -> Attribute | None:
    """A value as DynamoDB has it, None for a number beyond what it can hold."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case _:
            return {"N": repr(value)} if value == 0 or _LEAST <= abs(value) <= _MOST else None


def _scalar(attribute: Attribute) -> Scalar:
    kind, value = next(iter(attribute.items()))
    if kind != "N":
        scalar: Scalar = value
        return scalar
    return int(value) if value.lstrip("-").isdigit() else float(value)


def _keeps(value: Scalar) -> bool:
    if not isinstance(value, float):
        return True
    return not value.is_integer() and _LEAST <= abs(value) <= _MOST

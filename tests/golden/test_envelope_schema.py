"""The published schema is the code's own, and judges envelopes as the decoder does."""

import jsonschema
import msgspec
import pytest

from tests.golden.cases import SCHEMA, rendered_schema
from tests.rigs.clouds import ALL
from tests.rigs.envelopes import document
from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.placement import Slot
from twin2multicloud.wire.envelope import MessageType, decode

SCHEMA_TEXT = SCHEMA.read_text(encoding="utf-8")
VALIDATOR = jsonschema.Draft202012Validator(msgspec.json.decode(SCHEMA_TEXT))

GOOD = [
    document(),
    document(payload={"device_id": "d", "temperature": 21.5}),
    *(document(source_cloud=cloud) for cloud in ALL),
    *(document(target_layer=slot) for slot in Slot),
    *(document(message_type=kind) for kind in MessageType),
]
BAD = [
    document(source_cloud="no cloud"),
    document(target_layer="L9"),
    document(message_type="gossip"),
    document(payload=[]),
    document(payload=[{}] * 1_001),
    document(payload="x"),
    document(payload=[1]),
    document(trace_id="0" * 32),
    document(trace_id="A" * 32),
    document(trace_id=None),
    document(timestamp=5),
    {},
    [],
]


def test_the_published_schema_is_current():
    assert rendered_schema() == SCHEMA_TEXT, "run: python -m tests.golden.regenerate"


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(msgspec.json.decode(SCHEMA_TEXT))


@pytest.mark.parametrize("good", GOOD)
def test_schema_and_decoder_take_what_is_good(good):
    assert VALIDATOR.is_valid(msgspec.to_builtins(good))
    assert decode(msgspec.json.encode(good)).messages


@pytest.mark.parametrize("bad", BAD)
def test_schema_and_decoder_refuse_what_is_not(bad):
    assert not VALIDATOR.is_valid(bad)
    with pytest.raises(FinalError):
        decode(msgspec.json.encode(bad))

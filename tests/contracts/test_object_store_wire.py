"""Object stores over a wire that breaks, damages and is answered for: no half object, and the repeat succeeds."""

from contextlib import suppress

import pytest

pytest.importorskip("boto3", reason="the extra aws is not installed")
pytest.importorskip("azure.storage.blob", reason="the extra azure is not installed")
pytest.importorskip("google.cloud.storage", reason="the extra gcp is not installed")

from tests.rigs.faulty_wire import CutAnswer, CutUpload, Damage, LoseAnswer, Say
from tests.rigs.vendor_object_stores import WIRED
from twin2multicloud.domain.errors import ConfigurationError, RetryableError, TwinError

NAME = "device=d/day=2026-01-15/100000000-110000000-2-0123456789abcdef.jsonl.gz"
BODY = b"the beginning, " * 2_000 + b"the marked middle" + b" and the end" * 2_000


@pytest.fixture(params=list(WIRED.values()), ids=list(WIRED))
def wired(request):
    with request.param() as (rig, wire):
        yield rig, wire


def test_an_upload_that_breaks_in_the_middle_leaves_no_object_and_the_repeat_succeeds(wired):
    rig, wire = wired
    wire.faults = [CutUpload()]
    with pytest.raises(RetryableError):
        rig.store.create(NAME, BODY)
    assert list(rig.store.objects("")) == []
    rig.store.create(NAME, BODY)
    assert rig.store.read(NAME) == BODY


def test_an_upload_whose_answer_is_lost_is_repeated(wired):
    rig, wire = wired
    wire.faults = [LoseAnswer()]
    with pytest.raises(RetryableError):
        rig.store.create(NAME, BODY)
    rig.store.create(NAME, BODY)
    assert [(stored.name, stored.size) for stored in rig.store.objects("")] == [(NAME, len(BODY))]


def test_bytes_that_are_damaged_on_the_way_are_refused(wired):
    rig, wire = wired
    wire.faults = [Damage(b"the marked middle", b"the market middle")]
    with pytest.raises(TwinError):  # azurite has another word for it than Azure
        rig.store.create(NAME, BODY)
    assert list(rig.store.objects("")) == []
    rig.store.create(NAME, BODY)
    assert rig.store.read(NAME) == BODY


_BAD_DIGEST = b"<Error><Code>BadDigest</Code><Message>told so</Message></Error>"
DAMAGED = [("s3-moto", Say(400, _BAD_DIGEST)), ("blob-azurite", Say(400, b"", {"x-ms-error-code": "Md5Mismatch"}))]


@pytest.mark.parametrize(("name", "said"), DAMAGED, ids=[name for name, _ in DAMAGED])
def test_what_was_damaged_on_the_way_is_worth_another_try(name, said):
    with WIRED[name]() as (rig, wire):
        wire.faults = [said]
        with pytest.raises(RetryableError, match="damaged on the way"):
            rig.store.create(NAME, BODY)


def test_a_download_that_breaks_in_the_middle_is_no_shorter_object(wired):
    rig, wire = wired
    rig.store.create(NAME, BODY)
    wire.faults = [CutAnswer()]
    with suppress(RetryableError):  # or the client asked again
        assert rig.store.read(NAME) == BODY
    assert rig.store.read(NAME) == BODY


def test_a_deletion_whose_answer_is_lost_is_repeated(wired):
    rig, wire = wired
    rig.store.create(NAME, BODY)
    wire.faults = [LoseAnswer()]
    with suppress(RetryableError):  # as above
        rig.store.delete(NAME)
    rig.store.delete(NAME)
    assert list(rig.store.objects("")) == []


def test_a_copy_whose_answer_is_lost_is_repeated(wired):
    rig, wire = wired
    rig.other.create(NAME, BODY)
    for place in range(3):
        wire.faults = [*[None] * place, LoseAnswer()]
        with suppress(RetryableError):
            rig.store.take(NAME, rig.other_name)
        wire.faults = []
    rig.store.take(NAME, rig.other_name)
    assert rig.store.read(NAME) == BODY


OPERATIONS = {
    "create": lambda rig: rig.store.create("another", BODY),
    "read": lambda rig: rig.store.read(NAME),
    "objects": lambda rig: rig.store.objects(""),
    "delete": lambda rig: rig.store.delete(NAME),
    "take": lambda rig: rig.store.take("elsewhere", rig.other_name),
}


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_a_service_that_is_too_busy_is_asked_again_by_the_client_or_by_the_next_run(wired, operation, status):
    rig, wire = wired
    rig.store.create(NAME, BODY)
    rig.other.create("elsewhere", BODY)
    wire.faults = [Say(status)]
    with suppress(RetryableError):
        OPERATIONS[operation](rig)
    assert wire.faults == [], "the service was not asked"
    OPERATIONS[operation](rig)


@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_a_service_that_refuses_the_caller_is_a_matter_of_configuration(wired, operation):
    rig, wire = wired
    wire.faults = [Say(403)]
    with pytest.raises(ConfigurationError):
        OPERATIONS[operation](rig)

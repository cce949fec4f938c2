"""The table of rigs is the rigs that exist, and what docs/support_matrix.md says of them."""

import pytest

from tests.contracts.conftest import RIGS
from tests.rigs import live_plugin
from tests.rigs.table import EXPECTED_FAILURES, OWN, SUITES, VENDORS, expected_failure
from tests.rigs.table_document import DOCUMENT, PARTS, rendered


def test_every_rig_is_in_the_table_once_and_no_other_is():
    listed = [(fixture, name) for rig in (*OWN, *VENDORS) for fixture, names in rig.names.items() for name in names]
    assert sorted(listed) == sorted((fixture, name) for fixture, rigs in RIGS.items() for name in rigs)


def test_every_suite_is_in_the_table_and_says_what_its_port_can_do():
    assert {each.fixture for each in SUITES} == RIGS.keys()
    assert [each.title for each in SUITES if not each.operations] == []
    assert {fixture for rigs in live_plugin.RIGS.values() for fixture in rigs} <= RIGS.keys()


def test_what_a_rig_of_a_vendor_cannot_show_is_said():
    assert [each.service for each in VENDORS if not each.gaps or not each.covered] == []


def test_the_document_is_written_from_the_table():
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == rendered(document), "run `python -m tests.rigs.table_document`"
    assert [name for name in PARTS if f"<!-- generated: {name} -->" not in document] == []


def test_a_failure_is_expected_of_one_test_on_one_rig():
    names = {name for rigs in RIGS.values() for name in rigs}
    assert {each.rig for each in EXPECTED_FAILURES} <= names
    exact = "test_values_come_back_exactly_and_with_their_type"
    found = expected_failure(exact, "firestore-npm--9223372036854775808")
    assert found is not None
    assert found.reason == "keeps doubles only"
    assert expected_failure(exact, "firestore-npm-9223372036854775808") is None
    assert expected_failure(exact, "firestore-google-9007199254740993") is None


@pytest.mark.parametrize("failure", EXPECTED_FAILURES, ids=lambda each: f"{each.rig}{each.parameter}")
def test_every_expected_failure_is_of_a_test_that_there_is(failure, request):
    names = ("hot_store", "hot_store_oldest", "invoker", "object_store_wire")
    suites = (request.path.parent / f"test_{name}.py" for name in names)
    assert any(f"def {failure.test}(" in path.read_text(encoding="utf-8") for path in suites)

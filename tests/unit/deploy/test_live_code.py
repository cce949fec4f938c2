"""What of the wiring one function can reach: neither too little nor everything, and the same in every process."""

import ast

import pytest

from twin2multicloud.deploy.bundle_requirements import requirements
from twin2multicloud.deploy.bundle_sources import imported, shipped_modules
from twin2multicloud.deploy.live_code import live, names_used
from twin2multicloud.domain.placement import Cloud

WIRING = """
import always

class Ports:
    limit = 3
    def __init__(self): import made
    def store(self): import the_store
    def queue(self): return self._client()
    def _client(self): import the_client

def _reader(parts): import reader; return parts.ports.store()
def _writer(parts): import writer; return shared(parts)
def shared(parts): import both
BUILDERS = {"reader": _reader, "writer": _writer}
SIZES = {"small": 1}

def wire(name): return BUILDERS[name](Ports())
"""


def reached(function: str, *asked: str) -> set[str]:
    """What is imported once names are followed to the end, as the walk does it."""
    used = frozenset({"wire", *asked})
    while True:
        tree = live(ast.parse(WIRING), used, function)
        more = used | names_used(tree, inside=True)
        if more == used:
            return set(imported(tree))
        used = more


def test_a_builder_brings_what_it_names_and_what_that_names() -> None:
    assert reached("reader") == {"always", "made", "reader", "the_store"}
    assert reached("writer") == {"always", "made", "writer", "both"}


def test_what_other_code_calls_by_attribute_is_reached() -> None:
    assert reached("writer", ".queue") == {"always", "made", "writer", "both", "the_client"}


def test_a_function_that_no_table_knows_reaches_all_of_it() -> None:
    assert reached("stranger") >= {"reader", "writer", "both", "the_store"}


def test_the_tree_that_was_given_stays_as_it_was() -> None:
    tree = ast.parse(WIRING)
    before = ast.dump(tree)
    live(tree, frozenset({"wire"}), "reader")
    assert ast.dump(tree) == before


def test_of_other_modules_attributes_and_what_they_import_by_name_count() -> None:
    tree = ast.parse("from wiring import shared as mine\nlocal = other.method()\n")
    assert names_used(tree, inside=False) == {"shared", ".method"}
    assert names_used(tree, inside=True) == {"shared", ".method", "local", "other"}


@pytest.mark.parametrize("cloud", Cloud)
def test_a_bundle_leaves_out_what_its_function_never_does(cloud: Cloud) -> None:
    without = {
        "connector": ("functions.storage", "clouds.sorted_hot_store", "clouds.bundled", f"clouds.{cloud}.hot_store"),
        "dispatcher": ("wire.sender", "wire.http_transport", "functions.processing", "functions.storage"),
        "hot-reader": ("wire.sender", "functions.processing.processor", f"clouds.{cloud}.invoker"),
        "processor": ("wire.sender", "functions.storage.hot_reader", "clouds.sorted_hot_store"),
    }
    for function, parts in without.items():
        modules = shipped_modules(cloud, function)
        for part in parts:
            name = f"twin2multicloud.{part}"
            assert not [each for each in modules if each == name or each.startswith(f"{name}.")], function


@pytest.mark.parametrize(("function", "store"), [("ingestion", False), ("persister", True), ("hot-reader", True)])
def test_only_functions_with_a_store_ask_for_its_sdk(function: str, store: bool) -> None:
    for cloud, sdk in ((Cloud.AZURE, "azure-cosmos"), (Cloud.GCP, "google-cloud-firestore")):
        assert (sdk in requirements(cloud, shipped_modules(cloud, function))) is store

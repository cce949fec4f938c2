"""What of the wiring one function can reach: neither too little nor everything, and the same in every process."""

import ast
from pathlib import Path

import pytest

from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.packaging.bound_names import unbound
from twin2multicloud.packaging.reachability import live, names_used
from twin2multicloud.packaging.requirements import requirements
from twin2multicloud.packaging.sources import PACKAGE, imported, shipped_modules

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


def packed(source: str, function: str, *asked: str) -> ast.Module:
    """A wiring module as a function's bundle has it: names are followed to the end, as the walk does it."""
    whole, used = ast.parse(source), frozenset({"wire", *asked})
    while True:
        tree = live(whole, used, function)
        more = used | names_used(tree, inside=True)
        if more == used:
            return tree
        used = more


def reached(function: str, *asked: str) -> set[str]:
    """What is imported then."""
    return set(imported(packed(WIRING, function, *asked)))


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


# Each way to use a definition that wiring might take: `wire("own")` says what came of it.
WAYS = {
    "a variable": "def _own(p): return helper(p)\ndef _helper(p): return 1\nhelper = _helper\n",
    "a local variable": "def _own(p):\n    other = _helper\n    return other(p)\ndef _helper(p): return 1\n",
    "a conditional expression": "def _own(p): return (_a if p else _b)()\ndef _a(): return 1\ndef _b(): return 2\n",
    "a definition under a condition": "if True:\n    def _helper(): return 1\ndef _own(p): return _helper()\n",
    "a decorator": "def twice(f): return lambda p: f(p) * 2\n@twice\ndef _own(p): return 4\n",
    "a decorator that keeps what it is given": (
        "kept = []\n@kept.append\ndef _nobody_names_me(): return 9\ndef _own(p): return kept[0]()\n"
    ),
    "a default argument": "def _default(): return 5\ndef _own(p, made=_default): return made()\n",
    "a keyword argument": "def _own(p): return max([1, -3], key=_size)\ndef _size(x): return x * x\n",
    "a base class": (
        "class Base:\n    def asked(self): return 6\nclass Its(Base): pass\ndef _own(p): return Its().asked()\n"
    ),
    "a property": "class Its:\n    @property\n    def asked(self): return 7\ndef _own(p): return Its().asked\n",
    "a cached property": (
        "from functools import cached_property\n"
        "class Its:\n    @cached_property\n    def asked(self): return 7\ndef _own(p): return Its().asked\n"
    ),
    "a property that is made of a method": (
        "class Its:\n    def _get(self): return 8\n    asked = property(_get)\ndef _own(p): return Its().asked\n"
    ),
    "a method under a second name": (
        "class Its:\n    def first(self): return 8\n    second = first\ndef _own(p): return Its().second()\n"
    ),
    "a method as another's default": (
        "class Its:\n    def _one(): return 1\n    def asked(self, how=_one): return how()\n"
        "def _own(p): return Its().asked()\n"
    ),
    "a class in a class": (
        "class Its:\n    class Inner: size = 3\n    made = Inner()\ndef _own(p): return Its.made.size\n"
    ),
    "a name that a method and a function share": (
        "class Its:\n    def helper(self): return helper()\ndef helper(): return 2\n"
        "def _own(p): return Its().helper() + helper()\n"
    ),
    "a special method": "class Its:\n    def __len__(self): return 11\ndef _own(p): return len(Its())\n",
    "a text": "class Its:\n    def asked(self): return 12\ndef _own(p): return getattr(Its(), 'asked')()\n",
    "a text with dots": (
        "from operator import attrgetter\nclass Its:\n    @property\n    def asked(self): return self\n"
        "    @property\n    def size(self): return 13\ndef _own(p): return attrgetter('asked.size')(Its())\n"
    ),
    "another table": "def _a(): return 14\nT = {'a': _a}\ndef _own(p): return T['a']()\n",
    "a table that names functions by the way": (
        "def _a(): return 15\nT = {'own': None, 'a': _a}\ndef _own(p): return T['a']()\n"
    ),
    "an alias of a type": "class Kind: size = 3\nAlias = Kind\ndef _own(p): return isinstance(Kind(), Alias)\n",
}
TABLE = """
def _stranger(p): return 0
BUILDERS = {'own': _own, 'stranger': _stranger}
def wire(): return BUILDERS['own'](1)
"""


@pytest.mark.parametrize("way", WAYS)
def test_what_is_packed_does_what_the_whole_does(way: str) -> None:
    source = WAYS[way] + TABLE
    tree = packed(source, "own")
    assert "_stranger" not in ast.unparse(tree)
    assert not unbound(tree)
    assert _run(tree) == _run(ast.parse(source)) is not None


def _run(tree: ast.Module) -> object:
    names: dict[str, object] = {}
    exec(compile(tree, "wiring", "exec"), names)
    made = names["wire"]
    assert callable(made)
    return made()


@pytest.mark.parametrize(
    "way",
    [
        "def wire(p, what): return getattr(p, what)",
        "def wire(p): return getattr(p, f'_{p}')",
        "from operator import methodcaller\ndef wire(what): return methodcaller(what)",
        "def wire(what): return globals()[what]",
        "def wire(p, what): return vars(p)[what]",
        "def wire(p, what): return p.__dict__[what]",
        "def wire(what): return eval(what)",
        "from importlib import import_module\ndef wire(what): return import_module(what)",
        "import importlib\ndef wire(what): return importlib.import_module(what)",
        "from somewhere import *",
    ],
)
def test_wiring_that_nobody_can_read_is_refused(way: str) -> None:
    with pytest.raises(TwinError, match="of wiring finds code by another way"):
        packed(way, "own")


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(): return gone", {"gone"}),
        ("class A:\n    made = gone()\n", {"gone"}),
        ("x = [gone for each in ()]", {"gone"}),
        ("def f(a=gone): return lambda: a", {"gone"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import gone\ndef f(): return gone.x", {"gone"}),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import t\nelse:\n    t = 1\ndef f(): return t",
            set(),
        ),
        ("from __future__ import annotations\ndef f(a: T) -> T: return a", set()),
        ("def f(a: 'T'): return a", set()),
        ("class A:\n    a: int = 1\n    b = a\n    def m(self): return __file__, A.__module__", set()),
        ("def f():\n    global made\n    made = 1\ndef g(): return made, len", set()),
        ("def f(a):\n    def g(): return a\n    return g", set()),
    ],
)
def test_names_that_nobody_binds(source: str, missing: set[str]) -> None:
    assert unbound(ast.parse(source)) == missing


def test_code_that_would_fail_when_it_runs_is_not_packed(tmp_path: Path) -> None:
    package = tmp_path / PACKAGE
    (package / "clouds" / "aws").mkdir(parents=True)
    for folder in (package, package / "clouds", package / "clouds" / "aws"):
        (folder / "__init__.py").touch()
    (package / "clouds" / "aws" / "wiring.py").write_text("def handler():\n    return Forgotten()\n")
    with pytest.raises(TwinError, match=r"clouds\.aws\.wiring uses Forgotten, which is not there when it runs"):
        shipped_modules(AWS, "persister", package)


@pytest.mark.parametrize("cloud", ALL)
def test_a_bundle_leaves_out_what_its_function_never_does(cloud: Cloud) -> None:
    without = {
        "connector": ("functions.storage", "stores.sorted_hot_store", "hosting.bundled", f"clouds.{cloud}.hot_store"),
        "dispatcher": ("wire.sender", "wire.http_transport", "functions.processing", "functions.storage"),
        "hot-reader": ("wire.sender", "functions.processing.processor", f"clouds.{cloud}.invoker"),
        "processor": ("wire.sender", "functions.storage.hot_reader", "stores.sorted_hot_store"),
    }
    for function, parts in without.items():
        modules = shipped_modules(cloud, function)
        for part in parts:
            name = f"twin2multicloud.{part}"
            assert not [each for each in modules if each == name or each.startswith(f"{name}.")], function


@pytest.mark.parametrize(("function", "store"), [("ingestion", False), ("persister", True), ("hot-reader", True)])
def test_only_functions_with_a_store_ask_for_its_sdk(function: str, store: bool) -> None:
    for cloud, sdk in ((AZURE, "azure-cosmos"), (GCP, "google-cloud-firestore")):
        assert (sdk in requirements(cloud, shipped_modules(cloud, function))) is store

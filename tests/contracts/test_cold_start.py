"""What ships inside a function loads the core, one cloud, msgspec and the standard library: cold starts pay for it."""

import subprocess
import sys

import pytest

from tests.rigs.clouds import ALL
from twin2multicloud.functions.wiring import FUNCTIONS
from twin2multicloud.packaging.sources import shipped_modules

LIGHT = {"twin2multicloud", "isal"}
"""All that may be loaded beside the standard library and msgspec with what it brings; isal where it is installed."""

_PROBE = """
import importlib, sys
import msgspec
before = set(sys.modules)
for name in {modules}:
    importlib.import_module(name)
loaded = {{name.split(".")[0] for name in set(sys.modules) - before}}
clouds = {{name.split(".")[2] for name in sys.modules if name.startswith("twin2multicloud.clouds.")}}
print(",".join(sorted(loaded - sys.stdlib_module_names)), ",".join(sorted(clouds)))
"""


@pytest.mark.parametrize("cloud", ALL)
def test_all_that_ships_loads_nothing_heavy_and_no_other_cloud(cloud):
    modules = sorted({name for function in FUNCTIONS for name in shipped_modules(cloud, function)})
    probe = subprocess.run(
        [sys.executable, "-I", "-c", _PROBE.format(modules=modules)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded, clouds = probe.stdout.strip().split(" ")
    assert set(loaded.split(",")) <= LIGHT
    assert set(clouds.split(",")) & set(ALL) == {cloud}

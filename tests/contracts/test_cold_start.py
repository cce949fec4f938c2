"""What ships inside a function loads the core, one cloud, msgspec and the standard library: cold starts pay for it."""

import subprocess
import sys

import pytest

from tests.rigs.clouds import ALL
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
    modules = sorted(shipped_modules(cloud))
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


@pytest.mark.parametrize("cloud", ALL)
def test_wiring_loads_no_function_adapter_or_engine_before_it_is_asked_for_one(cloud):
    """All functions of a cloud carry the same code; what one of them pays for at start is what it is made of."""
    code = f"import sys, twin2multicloud.clouds.{cloud}.wiring; print(*sys.modules)"
    probe = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    later = ("functions.acquisition", "functions.processing", "functions.storage", "stores", "wire.sender")
    later += ("wire.http_transport", f"clouds.{cloud}.hot_store", f"clouds.{cloud}.queue", "hosting.user_code")
    loaded = [each.removeprefix("twin2multicloud.") for each in probe.stdout.split()]
    assert "hosting.function_ports" in loaded
    assert [each for each in loaded if each.startswith(later)] == []

"""The house itself: the same files for every cloud, and nothing heavy in what ships inside a function."""

import subprocess
import sys
from pathlib import Path

import pytest

import twin2multicloud
from twin2multicloud.domain.placement import Cloud

CLOUDS = Path(twin2multicloud.__file__).parent / "clouds"
LIGHT = {"twin2multicloud", "msgspec", "isal"}
"""All that may be loaded beside the standard library; isal only where it is installed."""

_PROBE = """
import sys
before = set(sys.modules)
import twin2multicloud.functions.wiring
import twin2multicloud.clouds.{cloud}.entrypoint
loaded = {{name.split(".")[0] for name in set(sys.modules) - before}}
clouds = {{name.split(".")[2] for name in sys.modules if name.startswith("twin2multicloud.clouds.")}}
print(",".join(sorted(loaded - sys.stdlib_module_names)), ",".join(sorted(clouds)))
"""


def test_same_job_same_file_name_on_every_cloud():
    names = {cloud: {path.name for path in (CLOUDS / cloud).glob("*.py")} for cloud in Cloud}
    assert names[Cloud.AWS] == names[Cloud.AZURE] == names[Cloud.GCP]
    assert "entrypoint.py" in names[Cloud.AWS]


@pytest.mark.parametrize("cloud", list(Cloud))
def test_a_function_loads_nothing_heavy_and_no_other_cloud(cloud):
    probe = subprocess.run(
        [sys.executable, "-I", "-c", _PROBE.format(cloud=cloud)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded, clouds = probe.stdout.strip().split(" ")
    assert set(loaded.split(",")) <= LIGHT
    assert clouds == cloud

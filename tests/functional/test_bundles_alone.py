"""Each bundle in a process of its own, with its cloud's SDK and nothing else of ours: all that it needs, it carries.

What a bundle leaves out is decided by reading the wiring; here every function is wired for real, by its own entry.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from tests.rigs.twins import twin
from tests.rigs.world import resolved

from twin2multicloud.deploy.bundle import Bundle, bundles
from twin2multicloud.deploy.bundle_build import unpack
from twin2multicloud.deploy.bundle_entry import ENTRY_FILE, ENTRY_NAME
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.planning.planner import plan

pytestmark = pytest.mark.functional

NOBODY = "127.0.0.1:9"
SIGNED_IN: Mapping[Cloud, Mapping[str, str]] = {
    Cloud.AWS: {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"},
    Cloud.AZURE: {
        "QUEUES__queueServiceUri": f"http://{NOBODY}/account",
        "QUEUES_KEY": "bm9uZQ==",
        "COSMOS_URL": f"https://{NOBODY}",
        "COSMOS_KEY": "bm9uZQ==",
        "ERROR_TOPIC": f"http://{NOBODY}/topic",
        "ERROR_TOPIC_KEY": "none",
    },
    Cloud.GCP: {
        "GOOGLE_CLOUD_PROJECT": "p",
        "PUBSUB_EMULATOR_HOST": NOBODY,
        "FIRESTORE_EMULATOR_HOST": NOBODY,
        "ERROR_TOPIC": "projects/p/topics/errors",
        "CLOUD": "gcp",
        "TWIN_NAME": "house",  # what the device gateway is told, which is no function to the plan
        "DEVICE_REGISTRY_NAME": "devices",
        "DEVICE_TOPIC": "projects/p/topics/devices",
    },
}
"""What each cloud's own wiring wants, with services at an address where nobody listens."""


def _every_bundle() -> dict[str, tuple[Bundle, dict[str, str]]]:
    """Each function of each cloud once, with its environment; L1 elsewhere, so that there are connectors too."""
    found: dict[str, tuple[Bundle, dict[str, str]]] = {}
    for cloud in Cloud:
        other = next(each for each in Cloud if each is not cloud)
        alone = Placement.single(cloud)
        for placement in (alone, msgspec.structs.replace(alone, l1=other), msgspec.structs.replace(alone, l2=other)):
            placed = twin(placement)
            topology = plan(placed)
            for each in bundles(placed, topology, {}):
                component = next(one for one in topology.on(each.cloud) if one.name == each.function)
                found.setdefault(each.name, (each, resolved(component)))
    return found


BUNDLES = _every_bundle()


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_a_bundle_wires_its_function_with_what_it_carries(name: str, tmp_path: Path) -> None:
    bundle, env = BUNDLES[name]
    unpack([bundle], tmp_path / "b")
    folder = tmp_path / "b" / bundle.function
    module = ENTRY_FILE[bundle.cloud].removesuffix(".py")
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import {module}, twin2multicloud\n"
        f"assert twin2multicloud.__path__ == [{str(folder / 'twin2multicloud')!r}]\n"
        f"assert {module}.{ENTRY_NAME[bundle.cloud]} is not None\n"
    )
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-P", "-B", "-c", program],
        env={**kept, **env, **SIGNED_IN[bundle.cloud]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    asks_at_once = "RetryableError: Cosmos DB" in done.stderr  # its client greets the account when it is made
    assert done.returncode == 0 or asks_at_once, done.stderr

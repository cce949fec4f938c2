"""What bundles weigh and cost a cold start, beside importing the cloud's SDK; and the real runtimes' pace."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from tests.rigs.bundle_limits import MAX_OWN_BYTES
from tests.rigs.clouds import ALL, AWS, AZURE, GCP
from tests.rigs.envelopes import body
from tests.rigs.runtime_bundle import Running
from tests.rigs.twins import twin
from tests.rigs.world import TOKEN, resolved

from benchmarks.report import Result, Section, percentile
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.twin import Twin
from twin2multicloud.packaging.build import PYTHON
from twin2multicloud.packaging.bundle import Bundle, bundles
from twin2multicloud.packaging.report import cold_import
from twin2multicloud.packaging.requirements import pinned
from twin2multicloud.packaging.wheels import fetch, unpacked
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.tokens import HEADER

_SDK = {AWS: "boto3", AZURE: "azure.cosmos", GCP: "google.cloud.firestore"}


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    rounds, calls = (1, 50) if quick else (11, 1_000)
    largest = {cloud: max(_made(cloud), key=lambda each: each.own_bytes) for cloud in ALL}
    sizes = [
        Result(
            f"{label_of(cloud)}: our code in the largest, {each.function}, zipped",
            _kb(each.own_bytes),
            _kb(MAX_OWN_BYTES),
        )
        for cloud, each in largest.items()
    ]
    sizes.append(Result("AWS: the largest whole archive, with msgspec", _whole(), "300 KB"))
    return {
        "Bundles: size": sizes,
        f"Bundles: cold import of that function (best of {rounds})": [
            row for each in largest.values() for row in _cold(each, rounds)
        ],
        "An ingestion under its real runtime, one client": [
            row for cloud in ALL for row in _pace(next(e for e in _made(cloud) if e.function == "ingestion"), calls)
        ],
    }


def _cold(bundle: Bundle, rounds: int) -> list[Result]:
    """Our code is compiled anew each time, as Lambda's read-only folder has it; the SDKs come compiled."""
    cold, label, sdk = cold_import(bundle, rounds), label_of(bundle.cloud), _SDK[bundle.cloud]
    return [
        Result(f"{label}: import of our own code", _ms(cold.own_ms), "50 ms"),
        Result(f"{label}: msgspec before it", _ms(cold.msgspec_ms)),
        Result(f"{label}: beside it, `import {sdk}` alone", _import_ms(sdk, rounds)),
    ]


def _placed(cloud: Cloud) -> Twin:
    other = next(each for each in ALL if each != cloud)
    return twin(msgspec.structs.replace(Placement.single(cloud), l1=other))


def _made(cloud: Cloud, wheels: dict[str, bytes] | None = None) -> list[Bundle]:
    """All but L1's functions, which are small: with L1 elsewhere there is an ingestion."""
    placed = _placed(cloud)
    return [each for each in bundles(placed, plan(placed), {}, {cloud: wheels or {}}) if each.cloud == cloud]


def _whole() -> str:
    with tempfile.TemporaryDirectory() as cache:
        try:
            wheels = fetch([pinned("msgspec")], PYTHON, Path(cache))
        except TwinError:
            return "no wheels to be had here"
        return _kb(max(len(each.archive) for each in _made(AWS, unpacked(wheels, AWS))))


def _import_ms(module: str, rounds: int) -> str:
    program = f"import time; begun = time.perf_counter(); import {module}; print(time.perf_counter() - begun)"
    done = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        for _ in range(rounds)
    ]
    if any(each.returncode for each in done):
        return "not installed"
    return _ms(1000 * min(float(each.stdout) for each in done))


def _pace(bundle: Bundle, calls: int) -> list[Result]:
    """From the start of a process to its first answer, then answers a second and how long one takes."""
    cloud = bundle.cloud
    env = resolved(plan(_placed(cloud))[f"{cloud}.ingestion"])
    request = Request("POST", "/", {HEADER: TOKEN, "content-type": "application/json"}, body())
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        running = Running(bundle, env, Path(folder))
        try:
            assert running.runtime.request(request).status == 200
            first = time.perf_counter() - begun
            samples = []
            for _ in range(calls):
                called = time.perf_counter()
                running.runtime.request(request)
                samples.append(time.perf_counter() - called)
        finally:
            running.runtime.close()
    return [
        Result(f"{label_of(cloud)}: unpacked, started and answered once", _ms(1000 * first)),
        Result(f"{label_of(cloud)}: answers a second", f"{calls / sum(samples):,.0f}/s"),
        Result(f"{label_of(cloud)}: an answer, p99", f"{1000 * percentile(samples, 0.99):.1f} ms"),
    ]


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} KB"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms"

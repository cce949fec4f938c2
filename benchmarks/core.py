"""Planning, and what a function's code costs to start and to ship."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import twin2multicloud
from benchmarks.report import Result, percentile
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.placement import Cloud, Placement, all_placements
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.planner import plan

_SOURCE = Path(twin2multicloud.__file__).parent
_CORE = ("__init__.py", "domain", "ports", "wire", "functions")


def measure() -> dict[str, list[Result]]:
    """Every row of this file."""
    one, many = _fleet(1), _fleet(100_000)
    begun = time.perf_counter()
    for where in all_placements():
        plan(Twin(name="t", placement=where))
    all_of_them = time.perf_counter() - begun
    planning = [
        Result("one twin, 1 device", f"{_planning_ms(one):.2f} ms"),
        Result("one twin, 100,000 devices", f"{_planning_ms(many):.2f} ms", "1 s"),
        Result("all 2,187 placements", f"{all_of_them:.2f} s"),
    ]
    starts = [
        Result(f"import of an {cloud.label} function's own code (median of 15)", f"{_import_ms(cloud):.0f} ms", "50 ms")
        for cloud in Cloud
    ]
    starts.append(Result("of which msgspec", f"{_median_start('import msgspec'):.0f} ms"))
    starts.append(Result("beside it, `import http.client` alone", f"{_median_start('import http.client'):.0f} ms"))
    sizes = [
        Result(f"{cloud.label}: domain + ports + wire + functions + clouds/{cloud}, zipped", _zipped(cloud))
        for cloud in Cloud
    ]
    return {"Planning": planning, "A function's own code": starts + sizes}


def _fleet(count: int) -> Twin:
    types = (DeviceType(name="t", properties=(Property(name="x", data_type=DataType.DOUBLE),)),)
    groups = (DeviceGroup(name="g", type="t", count=count, id_pattern="g-{n:06}"),)
    return Twin(name="t", placement=Placement.single(Cloud.AWS), catalog=DeviceCatalog(types=types, groups=groups))


def _planning_ms(twin: Twin) -> float:
    samples = []
    for _ in range(50):
        begun = time.perf_counter()
        plan(twin)
        samples.append(time.perf_counter() - begun)
    return 1000 * percentile(samples, 0.5)


def _import_ms(cloud: Cloud) -> float:
    return _median_start(f"import twin2multicloud.functions.wiring, twin2multicloud.clouds.{cloud}.entrypoint")


def _median_start(statement: str) -> float:
    """What a statement adds to the start of an interpreter, measured inside it."""
    code = f"import time; begun = time.perf_counter(); {statement}; print(time.perf_counter() - begun)"
    samples = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(15)
    ]
    return 1000 * percentile(samples, 0.5)


def _zipped(cloud: Cloud) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for part in (*_CORE, f"clouds/{cloud}"):
            path = _SOURCE / part
            for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
                bundle.write(file, file.relative_to(_SOURCE.parent))
    return f"{len(content.getvalue()) / 1024:.0f} KB"

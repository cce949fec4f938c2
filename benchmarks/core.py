"""What a plan costs, for a device and for a fleet."""

import time
from itertools import islice

from tests.rigs.clouds import ALL, AWS

from benchmarks.report import Result, Section, percentile
from twin2multicloud.domain.device import DataType, DeviceCatalog, DeviceGroup, DeviceType, Property
from twin2multicloud.domain.placement import Placement, all_placements
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.planner import plan


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    one, many = _fleet(1), _fleet(100_000)
    begun = time.perf_counter()
    for where in islice(all_placements(ALL), 100 if quick else None):
        plan(Twin(name="t", placement=where))
    all_of_them = time.perf_counter() - begun
    planning = [
        Result("one twin, 1 device", f"{_planning_ms(one):.2f} ms"),
        Result("one twin, 100,000 devices", f"{_planning_ms(many):.2f} ms", "1 s"),
        Result("the first 100 placements" if quick else "all 2,187 placements", f"{all_of_them:.2f} s"),
    ]
    return {"Planning": planning}


def _fleet(count: int) -> Twin:
    types = (DeviceType(name="t", properties=(Property(name="x", data_type=DataType.DOUBLE),)),)
    groups = (DeviceGroup(name="g", type="t", count=count, id_pattern="g-{n:06}"),)
    return Twin(name="t", placement=Placement.single(AWS), catalog=DeviceCatalog(types=types, groups=groups))


def _planning_ms(twin: Twin) -> float:
    samples = []
    for _ in range(50):
        begun = time.perf_counter()
        plan(twin)
        samples.append(time.perf_counter() - begun)
    return 1000 * percentile(samples, 0.5)

"""Simulated readings are plausible, typed, and the same for the same seed."""

import math
import statistics
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby, islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin2multicloud.domain.device import (
    DataType,
    Device,
    DeviceCatalog,
    DeviceGroup,
    DeviceType,
    Fault,
    FaultKind,
    Property,
    Signal,
    SignalKind,
)
from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.telemetry import normalise
from twin2multicloud.fleet.simulation import simulate

START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
A_DAY = 96


def catalog(*properties: Property, count: int = 0) -> DeviceCatalog:
    """One device `d` with these properties, and a group of more where asked for."""
    return DeviceCatalog(
        types=(DeviceType(name="t", properties=properties),),
        devices=(Device(id="d", type="t"),),
        groups=(DeviceGroup(name="g", type="t", count=count, id_pattern="g-{n}"),) if count else (),
    )


def run(of: DeviceCatalog, readings: int, *, seed: int = 7, step: timedelta = QUARTER, devices=None):
    return list(islice(simulate(of, seed=seed, start=START, step=step, devices=devices), readings))


def values(data_type: DataType, readings: int, *, step: timedelta = QUARTER, **signal: object) -> list:
    """The first values of one simulated property; None where it is left out."""
    prop = Property(name="p", data_type=data_type, signal=Signal(**signal))
    keep = Property(name="k", data_type=DataType.LONG, initial=1)
    return [reading.get("p") for reading in run(catalog(prop, keep), readings, step=step)]


TEMPERATURE = Property(
    name="temperature",
    data_type=DataType.DOUBLE,
    signal=Signal(
        mean=20, amplitude=4, noise=0.5, spread=1, faults=(Fault(kind=FaultKind.SPIKE, every_days=1, size=9),)
    ),
)
COUNTER = Property(
    name="energy", data_type=DataType.LONG, signal=Signal(kind=SignalKind.COUNTER, mean=1000, slope=400, noise=300)
)
DOOR = Property(name="open", data_type=DataType.BOOLEAN, signal=Signal(kind=SignalKind.SWITCH, mean=0.3))


def test_a_reading_is_what_a_device_would_send():
    setpoint = Property(name="setpoint", data_type=DataType.DOUBLE, initial=21.5)
    serial = Property(name="serial", data_type=DataType.STRING, constant="A-1")
    unknown = Property(name="unknown", data_type=DataType.STRING)

    first, second = run(catalog(TEMPERATURE, setpoint, serial, unknown), 2)

    assert list(first) == ["device_id", "timestamp", "temperature", "setpoint"]
    assert first["device_id"] == "d"
    assert first["timestamp"] == "2026-01-01T00:00:00.000Z"
    assert second["timestamp"] == "2026-01-01T00:15:00.000Z"
    assert first["setpoint"] == second["setpoint"] == 21.5
    assert normalise(first, now="").key.timestamp == first["timestamp"]


def test_each_step_has_one_reading_of_each_device():
    readings = run(catalog(TEMPERATURE, count=3), 12)

    by_step = groupby(readings, key=lambda reading: reading["timestamp"])
    assert [[reading["device_id"] for reading in step] for _, step in by_step] == [["d", "g-1", "g-2", "g-3"]] * 3


def test_the_start_may_be_in_any_zone_and_is_told_in_utc():
    start = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    assert next(simulate(catalog(TEMPERATURE), seed=7, start=start, step=QUARTER)) == run(catalog(TEMPERATURE), 1)[0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(), chosen=st.permutations(["d", "g-1", "g-2", "g-3", "g-4"]), size=st.integers(1, 5))
def test_a_device_measures_the_same_beside_any_others_in_any_order(seed, chosen, size):
    fleet = catalog(TEMPERATURE, COUNTER, DOOR, count=4)
    alone = {name: run(fleet, 20, seed=seed, devices=[name]) for name in chosen[:size]}

    together = run(fleet, 20 * size, seed=seed, devices=chosen[:size])

    for name, expected in alone.items():
        assert [reading for reading in together if reading["device_id"] == name] == expected


def test_the_numbers_are_the_same_on_every_platform():
    """Written down once: who changes them changes every recorded demo."""
    reading = run(catalog(TEMPERATURE, COUNTER, DOOR), 40)[-1]

    assert reading == {
        "device_id": "d",
        "timestamp": "2026-01-01T09:45:00.000Z",
        "temperature": 18.87,
        "energy": 4343,
        "open": False,
    }


def test_seeds_and_devices_differ():
    fleet = catalog(TEMPERATURE, count=1)

    assert run(fleet, 8, seed=1) != run(fleet, 8, seed=2)
    first, other = ([reading["temperature"] for reading in run(fleet, 8, devices=[name])] for name in ("d", "g-1"))
    assert first != other


def test_a_daily_signal_peaks_at_its_hour():
    day = values(DataType.DOUBLE, A_DAY, mean=20, amplitude=4, peak_hour=15)

    assert max(day) == day[15 * 4] == 24
    assert min(day) == day[3 * 4] == 16
    assert statistics.mean(day) == pytest.approx(20, abs=0.01)


def test_noise_has_its_deviation_and_its_memory():
    noisy = values(DataType.DOUBLE, 40_000, mean=5, noise=2, memory_hours=1, decimals=6)
    white = values(DataType.DOUBLE, 40_000, noise=2, memory_hours=0, decimals=6)

    assert statistics.mean(noisy) == pytest.approx(5, abs=0.15)
    assert statistics.pstdev(noisy) == pytest.approx(2, rel=0.05)
    assert statistics.pstdev(white) == pytest.approx(2, rel=0.05)
    assert statistics.correlation(noisy[:-1], noisy[1:]) == pytest.approx(math.exp(-0.25), abs=0.03)
    assert statistics.correlation(white[:-1], white[1:]) == pytest.approx(0, abs=0.03)


def test_noise_keeps_its_deviation_whatever_the_step():
    for minutes in (1, 60, 600):
        noisy = values(DataType.DOUBLE, 20_000, step=timedelta(minutes=minutes), noise=2, memory_hours=0.5, decimals=6)
        assert statistics.pstdev(noisy) == pytest.approx(2, rel=0.1)


def test_a_walk_has_no_day():
    walk = values(DataType.DOUBLE, A_DAY, kind=SignalKind.WALK, mean=7, amplitude=3)

    assert set(walk) == {7.0}


def test_drift_adds_up_and_spread_tells_devices_apart():
    assert values(DataType.DOUBLE, A_DAY + 1, mean=1, drift_per_day=-0.5)[-1] == 0.5
    spread = Property(name="p", data_type=DataType.DOUBLE, signal=Signal(mean=10, spread=2, decimals=6))
    first, *others = run(catalog(spread, count=999), 2000)

    offsets = [reading["p"] for reading in (first, *others)]
    assert offsets[:1000] == offsets[1000:]
    assert statistics.pstdev(offsets) == pytest.approx(2, rel=0.1)


def test_a_counter_rises_by_its_slope_and_never_falls():
    meter = values(
        DataType.LONG,
        10 * A_DAY + 1,
        kind=SignalKind.COUNTER,
        mean=500,
        slope=60,
        amplitude=80,
        noise=90,
        memory_hours=1,
    )
    steady = values(DataType.LONG, A_DAY + 1, kind=SignalKind.COUNTER, mean=500, slope=60)

    assert meter[0] == 500
    assert all(earlier <= later for earlier, later in pairwise(meter))
    assert all(type(value) is int for value in meter)
    assert steady[-1] == 500 + 24 * 60


def test_a_switch_is_on_as_often_as_it_says_and_does_not_flicker():
    state = values(DataType.BOOLEAN, 40_000, kind=SignalKind.SWITCH, mean=0.25, memory_hours=4)

    assert {type(value) for value in state} == {bool}
    assert statistics.mean(state) == pytest.approx(0.25, abs=0.03)
    # decided anew every 4 h, and then different with the probability 2 · 0.25 · 0.75
    changes = sum(earlier != later for earlier, later in pairwise(state))
    assert changes / (40_000 / 16) == pytest.approx(0.375, rel=0.15)


def test_a_switch_follows_the_day():
    state = values(
        DataType.BOOLEAN, 50 * A_DAY, kind=SignalKind.SWITCH, mean=0.5, amplitude=0.5, peak_hour=12, memory_hours=0
    )

    assert statistics.mean(state[12 * 4 :: A_DAY]) > 0.9
    assert statistics.mean(state[0::A_DAY]) < 0.1


@pytest.mark.parametrize(
    ("data_type", "choices"),
    [(DataType.STRING, ("a", "b", "c")), (DataType.INTEGER, (1, 5)), (DataType.DOUBLE, (0.125, 1.0))],
)
def test_a_choice_is_one_of_its_values_and_changes_seldom(data_type, choices):
    chosen = values(data_type, 4000, kind=SignalKind.CHOICE, values=choices, memory_hours=2)

    assert set(chosen) == set(choices)
    assert all(data_type.admits(value) for value in chosen)
    assert sum(earlier != later for earlier, later in pairwise(chosen)) < 1000


@pytest.mark.parametrize("data_type", [DataType.DOUBLE, DataType.INTEGER, DataType.LONG])
@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from([SignalKind.DAILY, SignalKind.WALK, SignalKind.COUNTER]),
    mean=st.floats(-1e15, 1e15),
    noise=st.floats(0, 1e15),
    least=st.floats(-1000, 0),
    most=st.floats(1, 1000),
    decimals=st.integers(0, 9),
)
def test_numbers_are_of_their_type_and_within_their_range(data_type, kind, mean, noise, least, most, decimals):
    shown = values(data_type, 20, kind=kind, mean=mean, noise=noise, minimum=least, maximum=most, decimals=decimals)

    assert all(
        data_type.admits(value) and type(value) is (float if data_type is DataType.DOUBLE else int) for value in shown
    )
    assert all(least <= value <= most for value in shown)


def test_whole_numbers_stay_within_their_bits():
    assert values(DataType.INTEGER, 3, mean=1e15) == [2**31 - 1] * 3
    assert values(DataType.INTEGER, 3, mean=-1e15) == [-(2**31)] * 3
    assert values(DataType.LONG, 3, mean=1e15) == [10**15] * 3


def test_values_are_rounded():
    assert all(round(value, 1) == value for value in values(DataType.DOUBLE, 50, mean=3, noise=1, decimals=1))
    assert str(values(DataType.DOUBLE, 1, mean=-0.001)[0]) == "0.0"


def faulty(kind: FaultKind, **fault: float) -> list:
    """A hundred days of a daily sine with a fault for four hours every two days."""
    return values(
        DataType.DOUBLE,
        100 * A_DAY,
        mean=20,
        amplitude=4,
        decimals=6,
        faults=(Fault(kind=kind, every_days=2, lasts_hours=4, **fault),),
    )


def healthy() -> list:
    return values(DataType.DOUBLE, 100 * A_DAY, mean=20, amplitude=4, decimals=6)


def test_faults_strike_as_often_and_as_long_as_they_say():
    dropped = [value is None for value in faulty(FaultKind.DROPOUT)]

    assert statistics.mean(dropped) == pytest.approx(4 / 52, rel=0.4)
    strikes = sum(not earlier and later for earlier, later in pairwise(dropped))
    assert strikes == pytest.approx(100 / (52 / 24), rel=0.35)


def test_a_stuck_sensor_repeats_its_last_good_value():
    good, found = healthy(), faulty(FaultKind.STUCK)
    wrong = [index for index, (value, right) in enumerate(zip(found, good, strict=True)) if value != right]

    assert wrong
    assert all(found[index] == found[index - 1] for index in wrong)


def test_a_spike_is_off_by_its_size():
    off = {round(value - right, 3) for value, right in zip(faulty(FaultKind.SPIKE, size=9), healthy(), strict=True)}

    assert off == {0, 9}


def test_a_drift_grows_up_to_its_size():
    off = [value - right for value, right in zip(faulty(FaultKind.DRIFT, size=-6), healthy(), strict=True)]
    strikes = [list(run) for struck, run in groupby(off, key=lambda each: each < -1e-6) if struck]

    assert strikes
    assert all(earlier > later for strike in strikes for earlier, later in pairwise(strike))
    assert -6 <= min(off) < -3


def test_a_reading_of_nothing_is_not_sent():
    sensor = Property(
        name="p",
        data_type=DataType.DOUBLE,
        signal=Signal(faults=(Fault(kind=FaultKind.DROPOUT, every_days=1, lasts_hours=12),)),
    )

    stamps = [reading["timestamp"] for reading in run(catalog(sensor), A_DAY)]

    assert len(set(stamps)) == A_DAY
    assert stamps[-1] > "2026-01-02"


def test_a_device_with_nothing_to_send_is_silent():
    serial = Property(name="serial", data_type=DataType.STRING, constant="A-1")

    assert run(catalog(serial), 10) == []
    assert run(DeviceCatalog(), 10) == []


def test_faults_also_befall_what_is_no_number():
    fault = Fault(kind=FaultKind.DROPOUT, every_days=1, lasts_hours=24)
    state = values(DataType.STRING, 2000, kind=SignalKind.CHOICE, values=("a", "b"), faults=(fault,))

    assert set(state) == {"a", "b", None}


def test_many_properties_have_chance_of_their_own():
    signal = Signal(noise=1, memory_hours=0, decimals=6)
    wide = [Property(name=f"p{n}", data_type=DataType.DOUBLE, signal=signal) for n in range(20)]

    reading = run(catalog(*wide), 1)[0]

    assert len({reading[f"p{n}"] for n in range(20)}) == 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"devices": ["nobody"]}, "the twin has no device 'nobody' to simulate"),
        ({"start": datetime(2026, 1, 1)}, "the start of a simulation needs a time zone"),  # noqa: DTZ001
        ({"step": timedelta(0)}, "the step of a simulation must be positive"),
    ],
)
def test_what_cannot_be_simulated_is_refused_at_once(arguments, says):
    with pytest.raises(ConfigurationError, match=says):
        simulate(catalog(TEMPERATURE), **{"seed": 1, "start": START, "step": QUARTER, **arguments})

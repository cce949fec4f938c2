"""The steps of a history, from its seed: when who publishes, and what goes wrong when. Pure."""

import random
from collections.abc import Callable, Sequence

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.twin import Twin
from twin2multicloud.proving.load import Attack, Way, attacks, honest_devices
from twin2multicloud.proving.network import Trouble
from twin2multicloud.proving.steps import (
    DAMAGES,
    MOMENTS,
    Advance,
    AnyStep,
    Disturb,
    FillDisk,
    Freeze,
    Hostile,
    Kill,
    Publish,
    Redrive,
    Restart,
    SetClock,
)

_A_MINUTE = 6.0  # publishes
_FAULTS_A_MINUTE = 1.2
_HOSTILE_A_MINUTE = 0.8
_LONG = 0.02  # share of faults that last for hours
_HOUR = 3600.0


def schedule(twin: Twin, seed: int, minutes: float) -> list[AnyStep]:
    """The steps of a seed, in the order of their times."""
    chance = random.Random(f"steps of {seed}")  # noqa: S311 - of a seed
    clouds, devices = tuple(twin.placement.clouds), honest_devices(twin.catalog)
    possible = attacks(twin.catalog)
    seconds = 60 * minutes
    makers: list[Callable[[float, int], AnyStep]] = []
    makers += [lambda at, number: _publish(chance, devices, at, number)] * round(minutes * _A_MINUTE)
    makers += [lambda at, number: _hostile(chance, devices, possible, at, number)] * round(minutes * _HOSTILE_A_MINUTE)
    makers += [lambda at, number: _fault(chance, clouds, at, number)] * max(2, round(minutes * _FAULTS_A_MINUTE))
    times = sorted(chance.uniform(0, seconds) for _ in makers)
    chance.shuffle(makers)
    steps = [make(at, number) for number, (at, make) in enumerate(zip(times, makers, strict=True), 1)]
    if chance.random() < 0.5:
        steps.append(Advance(at=seconds, number=len(steps) + 1, days=chance.choice((8, 15, 100, 200))))
    return steps


def _publish(chance: random.Random, devices: Sequence[str], at: float, number: int) -> AnyStep:
    way = Way.MQTT if chance.random() < 0.6 else Way.HTTPS
    readings = chance.choice((1, 1, 1, 1, 2, 3, 12))
    return Publish(at=at, number=number, device=chance.choice(devices), readings=readings, way=way)


def _hostile(
    chance: random.Random, devices: Sequence[str], possible: Sequence[Attack], at: float, number: int
) -> AnyStep:
    return Hostile(at=at, number=number, device=chance.choice(devices), attack=chance.choice(possible))


def _fault(chance: random.Random, clouds: Sequence[Cloud], at: float, number: int) -> AnyStep:
    cloud = chance.choice(clouds)
    lasts = chance.uniform(_HOUR, 5 * _HOUR) if chance.random() < _LONG else chance.uniform(2, 150)
    match chance.choices(range(8), weights=(8, 2, 2, 8, 2, 2, 3, 2))[0]:
        case 0:
            damage = chance.choice(DAMAGES) if chance.random() < 0.3 else ""
            return Kill(at=at, number=number, cloud=cloud, moment=chance.choice(MOMENTS), down=lasts, damage=damage)
        case 1:
            return Freeze(at=at, number=number, cloud=cloud, seconds=min(lasts, 300.0))
        case 2:
            return Restart(at=at, number=number, cloud=cloud)
        case 3:
            others = [each for each in clouds if each != cloud] or [cloud]
            return Disturb(
                at=at,
                number=number,
                source=cloud,
                target=chance.choice(others),
                trouble=chance.choice(list(Trouble)),
                seconds=lasts,
            )
        case 4:
            return FillDisk(at=at, number=number, cloud=cloud, seconds=min(lasts, 600.0))
        case 5:
            return SetClock(
                at=at, number=number, cloud=cloud, seconds=chance.choice((-3600.0, 3600.0, 86400.0, -86400.0))
            )
        case 6:
            return Redrive(at=at, number=number, cloud=cloud, times=chance.choice((1, 2, 3)))
        case _:
            return Advance(at=at, number=number, days=chance.choice((1, 8, 15)))

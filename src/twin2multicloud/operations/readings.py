"""Readings into a running twin. Simulates and stores nothing itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.domain.timestamps import from_datetime
from twin2multicloud.emulator.adapters.device_authenticator import GATEWAY, password
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_secrets
from twin2multicloud.emulator.host.processes import require_running
from twin2multicloud.fleet.mqtt_device import DeviceConnection, DeviceEndpoint
from twin2multicloud.fleet.pacing import play
from twin2multicloud.fleet.simulation import simulate

_BEHIND = timedelta(seconds=1)  # what a busy machine may be late, before stamps skip ahead


def _now() -> datetime:
    return datetime.now(UTC)


def live_readings(
    deployment: LocalDeployment,
    *,
    rate: float,
    seed: int,
    devices: Sequence[str] | None = None,
    now: Callable[[], datetime] = _now,
) -> Iterator[Telemetry]:
    """Simulated readings from this instant on, spread over time so that `rate` of them come in a second.

    Who pauses gets the next one stamped with then; the signals go on where they were, so that no meter falls.
    """
    catalog = deployment.twin.catalog
    count = len(devices) if devices else len(catalog)
    step = timedelta(seconds=count / rate)
    source = simulate(catalog, seed=seed, start=now(), step=step, devices=devices)
    gap, stamp = timedelta(seconds=1 / rate), now()
    for reading in source:
        yield {**reading, "timestamp": from_datetime(stamp)}
        stamp = max(stamp + gap, now() - _BEHIND)


def connection(
    deployment: LocalDeployment,
    user: str = GATEWAY,
    *,
    trust: str | None = None,
    **options: Any,  # noqa: ANN401 - see `DeviceConnection`
) -> DeviceConnection:
    """An MQTT connection to a twin on this machine, as a device or as the gateway of all. Not yet opened.

    `trust` is the PEM file to check a TLS endpoint against, if not its own certificate.
    """
    site, tls = deployment.acquisition, deployment.tls
    endpoint = DeviceEndpoint(
        twin=deployment.twin.name,
        host="127.0.0.1",
        port=site.mqtt_port or 0,
        trust=(trust or tls.certificate) if tls is not None else None,
    )
    key = load_secrets(Path(deployment.folder)).device_key
    return DeviceConnection(endpoint, user, password(key, user), **options)


def publish(
    deployment: LocalDeployment,
    source: Iterable[Telemetry],
    *,
    speed: float | None,
    sent: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], None] | None = None,
) -> int:
    """Publish readings as the gateway; `sent` receives the count so far. Returns how many were acknowledged.

    KeyboardInterrupt ends it in order where `stopped` is there to hear of it. Raises TwinError where L1 is down or does
    not acknowledge them.
    """
    require_running(deployment, deployment.acquisition.cloud)
    with connection(deployment) as gateway:
        try:
            play(source, gateway.publish, speed=speed, progress=sent)
        except KeyboardInterrupt:
            if stopped is None:
                raise
            stopped()
        if not gateway.wait_for_acknowledgements():
            missing = gateway.published - gateway.acknowledged
            raise TwinError(f"{missing:,} of {gateway.published:,} readings were not acknowledged; is L1 up?")
        return gateway.acknowledged

"""Devices' publishes on their way to this cloud's dispatcher, over MQTT and from the device gateway. Counts them."""

import logging
import time
from collections.abc import Callable, Sequence

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.delivery.durability import Staged, when_all_durable
from twin2multicloud.emulator.delivery.traffic import Meter
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.emulator.mqtt.endpoint import Published


class LocalDeviceIngress:
    """A `DeviceIngress`. `start` starts the dispatcher; there is none on a cloud without L1."""

    def __init__(self, cloud: Cloud, staged: Staged, log: logging.Logger) -> None:
        self._cloud, self._staged, self._log = cloud, staged, log
        self.start: Start | None = None
        self.meter = Meter()

    def take(self, device_id: str, payload: bytes) -> None:
        """See `ports.device_ingress.DeviceIngress.take`. Only staged: the host waits for the disk before it answers."""
        assert self.start is not None  # noqa: S101 - the gateway is on the dispatcher's cloud
        begun = time.monotonic()
        self.start([Published(device_id, payload)])
        self.meter.came(1)
        self.meter.went(1, time.monotonic() - begun)

    def publish(self, publishes: Sequence[Published], done: Callable[[Exception | None], None]) -> None:
        """Take devices' publishes; calls back, from any thread, once they are durable or have failed."""
        if self.start is None:
            done(TwinError(f"L1 is not on {self._cloud}"))
            return
        begun = time.monotonic()
        try:
            self.start(publishes)
        except Exception as error:  # the device must hear of it, whatever it is
            self._staged.take()
            self._log.exception("dispatcher failed")
            done(error)
            return
        self.meter.came(len(publishes))

        def durable(error: Exception | None) -> None:
            if error is None:
                self.meter.went(len(publishes), time.monotonic() - begun)
            done(error)

        when_all_durable(self._staged.take(), durable)

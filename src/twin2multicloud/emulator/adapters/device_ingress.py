"""Devices' publishes on their way to this cloud's dispatcher, over MQTT and from the device gateway. Counts them, and
what was refused."""

import logging
import time
from collections.abc import Callable, Sequence

from twin2multicloud.domain.device_topics import IGNORED
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.delivery.durability import Staged, when_all_durable
from twin2multicloud.emulator.delivery.rejections import Rejections
from twin2multicloud.emulator.delivery.traffic import Meter
from twin2multicloud.emulator.events.event_source import Start
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.functions.acquisition.dispatcher import Dispatcher
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import RawReading


class LocalDeviceIngress:
    """A `DeviceIngress`. `start` starts the dispatcher, `dispatcher` is asked; there is none on a cloud without L1.

    `ignored` counts publishes to topics that the project says are not read; `ignoring` is whether there are such.
    """

    def __init__(
        self, cloud: Cloud, staged: Staged, log: logging.Logger, reporter: Reporter, *, ignoring: bool = False
    ) -> None:
        self._cloud, self._staged, self._log, self._reporter = cloud, staged, log, reporter
        self.ignoring, self.ignored = ignoring, 0
        self.start: Start | None = None
        self.dispatcher: Dispatcher | None = None
        self.meter, self.rejections = Meter(), Rejections(log)

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
        if self.ignoring:
            read = [each for each in publishes if each.device_id != IGNORED]
            self.ignored += len(publishes) - len(read)
            if not (publishes := read):
                done(None)
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

    def refusal(self, published: Published) -> str | None:
        """Why the dispatcher would take nothing of a publish, for clients that can be told; None if it takes some."""
        if self.dispatcher is None or published.device_id == IGNORED:
            return None
        return self.dispatcher.refusal(RawReading(published.payload, published.device_id))

    def rejected(self, *, who: str, address: str, topic: str, reason: str, too_large: bool = False) -> None:
        """Count a refusal, and log it as far as the log's rate allows; one for size is an error event as well."""
        self.meter.was_refused()
        said = self.rejections.note(who=who, address=address, topic=topic, reason=reason)
        if said and too_large:
            self._reporter.report(ErrorCode.PUBLISH_TOO_LARGE, f"{who}: {reason}", raw=topic, kind=who)

"""Event checker (L2): holds readings against the rules of their devices; keeps what fired, and starts its action."""

from collections.abc import Sequence
from functools import lru_cache

from twin2multicloud.domain.device import DeviceCatalog
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.event_rule import EventRule
from twin2multicloud.domain.telemetry import InvalidTelemetryError, Reading
from twin2multicloud.functions.events.device_memory import DeviceRules
from twin2multicloud.functions.events.fired_events import FiredEvents, fired_events
from twin2multicloud.functions.events.rule_engine import Sample
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.functions.writers import Undeliverable

_KNOWN_DEVICES = 10_000


def build(parts: Parts) -> Function:
    """Queue -> event table, and the action's queue."""
    rules = DeviceRules(parts.event_store, parts.ports.clock)
    invalid = parts.undeliverable(ErrorCode.INVALID_TELEMETRY)
    return parts.queue_function(
        EventChecker(parts.ports.rules, parts.ports.catalog, rules, fired_events(parts), invalid)
    )


class EventChecker:
    """Takes batches in, device by device."""

    def __init__(
        self,
        rules: Sequence[EventRule],
        catalog: DeviceCatalog,
        devices: DeviceRules,
        fired: FiredEvents,
        invalid: Undeliverable,
    ) -> None:
        self._devices, self._fired, self._invalid = devices, fired, invalid
        self._rules_of = lru_cache(_KNOWN_DEVICES)(
            lambda device_id: tuple(each for each in rules if each.watches(device_id, catalog))
        )

    def __call__(self, messages: Sequence[Reading], trace_id: str) -> None:
        """Evaluate the rules for a batch. Raises RetryableError: the batch comes again, and fires nothing twice."""
        by_device: dict[str, list[Sample]] = {}
        unread: list[tuple[Reading, str]] = []
        for message in messages:
            if rules := self._rules_of(message.key.device_id):
                try:
                    key, _, values = message.parts
                except InvalidTelemetryError as error:
                    unread.append((message, str(error)))
                    continue
                if any(name in values for each in rules for name in each.properties):
                    by_device.setdefault(key.device_id, []).append(Sample(key.timestamp, key.message_id, dict(values)))
        if unread:
            self._invalid.keep(unread, len(messages), trace_id)
        for device_id, samples in by_device.items():
            events = self._devices.take(device_id, self._rules_of(device_id), samples)
            if events:
                self._fired.hand_on(events, trace_id)

"""Dispatcher (L1): normalises readings and sends them to the processor's name, which may be a connector.

What it refuses goes to L1's dead letters as it came, with topic, time of arrival and reason.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twin2multicloud.domain.clock_skew import DEFAULT, ClockSkew, read_policy
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.readings import from_device, refusal_of
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Chance, Clock
from twin2multicloud.ports.dead_letters import DeadLetter, DeadLetters, Unread
from twin2multicloud.ports.telemetry_writer import TelemetryWriter
from twin2multicloud.wire.envelope import new_trace_id
from twin2multicloud.wire.environment import optional_env, require_env

if TYPE_CHECKING:
    from twin2multicloud.functions.payloads.formats import Formats

_Kept = tuple[int, DeadLetter]
"""A refused reading with its place in the publish."""


def build(parts: Parts) -> Function:
    """A device's publish -> the processor's queue, or L1's dead letters."""
    dispatcher = Dispatcher(
        writer=parts.queue_writer(require_env(parts.env, "PROCESSOR_QUEUE")),
        dead_letters=parts.ports.dead_letters(require_env(parts.env, "DEVICE_DEAD_LETTERS_QUEUE")),
        reporter=parts.reporter,
        clock_skew=read_policy(optional_env(parts.env, "CLOCK_SKEW")),
        twin=require_env(parts.env, "TWIN_NAME"),
        clock=parts.ports.clock,
        chance=parts.ports.chance,
        formats=parts.formats,
    )
    return parts.function({Trigger.DEVICE: dispatcher})


_SHOWN = 3  # invalid readings of one publish that its event describes


class Dispatcher:
    """Dispatches publishes of devices. What is refused is kept in L1's dead letters, and reported, once a batch."""

    def __init__(
        self,
        *,
        writer: TelemetryWriter,
        dead_letters: DeadLetters,
        reporter: Reporter,
        twin: str,
        clock_skew: ClockSkew = DEFAULT,
        clock: Clock,
        chance: Chance,
        formats: "Formats | None" = None,
    ) -> None:
        self._writer, self._dead_letters, self._reporter = writer, dead_letters, reporter
        self._twin, self._clock_skew, self._clock, self._chance = twin, clock_skew, clock, chance
        self._formats = formats

    def __call__(self, publishes: Sequence[RawReading]) -> int:
        """Dispatch readings as one batch; returns how many were dead-lettered. Raises RetryableError.

        The invalid readings of one publish are one event: a device cannot flood the error topic.
        """
        now = self._clock.now()
        readings: list[Reading] = []
        invalid: list[list[_Kept]] = []
        left_out: list[str] = []
        for publish in publishes:
            refused: list[_Kept] = []
            for place, reading in enumerate(from_device(publish, now, self._clock_skew, left_out, self._formats)):
                if isinstance(reading, Reading):
                    readings.append(reading)
                else:
                    letter = self._letter(reading.body, publish.device_id, publish.received_at or now, reading.reason)
                    refused.append((place, letter))
            if refused:
                invalid.append(refused)
        too_large = self._hand_on(readings, now) if readings else []
        letters = [*(letter for refused in invalid for _, letter in refused), *too_large]
        if letters:
            self._dead_letters.put(letters)
            self._report(invalid, too_large)
        if left_out:
            self._reporter.left_out(left_out)
        return len(letters)

    def refusal(self, publish: RawReading) -> str | None:
        """Why no reading of a publish would be dispatched, None where one would: for those who can refuse it."""
        return refusal_of(publish, self._clock.now(), self._clock_skew, self._formats)

    def _hand_on(self, readings: Sequence[Reading], now: str) -> list[DeadLetter]:
        """Queue readings; one that is too large for the queue must not make the whole batch be retried for ever."""
        refused = self._writer.write_batch(readings, new_trace_id(self._chance))
        return [
            self._letter(readings[item.index].encoded, readings[item.index].key.device_id, now, item.error)
            for item in refused
        ]

    def _letter(self, body: bytes, device_id: str | None, received_at: str, reason: str) -> DeadLetter:
        topic = telemetry_topic(self._twin, device_id) if device_id else ""
        return DeadLetter(Unread(body, topic, device_id, received_at), reason)

    def _report(self, invalid: Sequence[Sequence[_Kept]], too_large: Sequence[DeadLetter]) -> None:
        """Report the invalid readings, an event a publish, and those that are too large, as one."""
        for refused in invalid:
            _, first = refused[0]
            message = first.error
            if len(refused) > 1:
                shown = "; ".join(f"reading {place}: {letter.error}" for place, letter in refused[:_SHOWN])
                more = "; …" * (len(refused) > _SHOWN)
                message = f"{len(refused)} readings of one publish are invalid: {shown}{more}"
            self._reporter.report(ErrorCode.INVALID_TELEMETRY, message, raw=_bytes(first), count=len(refused))
        if too_large:
            first = too_large[0]
            self._reporter.report(ErrorCode.READING_TOO_LARGE, first.error, raw=_bytes(first), count=len(too_large))


def _bytes(letter: DeadLetter) -> bytes:
    return letter.message.body if isinstance(letter.message, Unread) else letter.message.encoded

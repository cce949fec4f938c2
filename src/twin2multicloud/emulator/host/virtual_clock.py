"""The time of the emulated clouds: this machine's, or one that was set, that advances and may run faster.

Owns the file with the settings, which all processes of a twin follow. What functions and schedules call now is this
time; time-outs and retries are real.
"""

import os
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.timestamps import from_milliseconds
from twin2multicloud.emulator.delivery.machine import THIS_MACHINE, Machine
from twin2multicloud.emulator.delivery.steady_time import boot, steady_milliseconds
from twin2multicloud.project.json_files import write_atomically


class ClockSettings(msgspec.Struct, frozen=True):
    """Virtual time is `at` where real time is `set_at`, and goes `speed` times as fast. In milliseconds since 1970.

    `since_boot` is when it was set, in seconds of the run `boot` of the machine: that clock nobody sets.
    """

    set_at: int
    at: int
    speed: float = 1.0
    since_boot: float = 0.0
    boot: str = ""

    def elapsed(self, machine: Machine) -> float:
        """Milliseconds since it was set."""
        if self.boot and self.boot == _BOOT:
            return 1000 * (machine.since_boot() - self.since_boot)
        return _milliseconds(machine) - self.set_at


_BOOT = boot()


def real_milliseconds() -> int:
    """This machine's time, as `steady_milliseconds` has it."""
    return steady_milliseconds()


class VirtualClock:
    """A `Clock` that follows the settings in a file; without one it is this machine's."""

    def __init__(self, path: Path, machine: Machine = THIS_MACHINE) -> None:
        self._path, self._machine = path, machine
        self._settings: ClockSettings | None = None
        self._changed: tuple[int, int] | None = None

    def set(self, at: int, speed: float = 1.0) -> None:
        """Go on from another time (milliseconds since 1970), in every process that follows the file."""
        now, booted = _milliseconds(self._machine), self._machine.since_boot()
        write_atomically(self._path, msgspec.json.encode(ClockSettings(now, at, speed, booted, _BOOT)))

    @property
    def settings(self) -> ClockSettings | None:
        """The settings, None where the time was not set. Raises ConfigurationError for a file that cannot be read."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - a third of the time, once a batch
        except FileNotFoundError:
            return None
        if (changed := (found.st_mtime_ns, found.st_ino)) != self._changed:
            try:
                self._settings = msgspec.json.decode(self._path.read_bytes(), type=ClockSettings)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{self._path} is not readable ({error}); remove it") from error
            self._changed = changed
        return self._settings

    @property
    def milliseconds(self) -> int:
        """The time in milliseconds since 1970."""
        settings = self.settings
        if settings is None:
            return _milliseconds(self._machine)
        return settings.at + round(settings.elapsed(self._machine) * settings.speed)

    def now(self) -> str:
        """See `ports.clock.Clock.now`."""
        return from_milliseconds(self.milliseconds)

    def monotonic(self) -> float:
        """See `ports.clock.Clock.monotonic`."""
        return self._machine.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `ports.clock.Clock.sleep`."""
        self._machine.sleep(seconds)


def _milliseconds(machine: Machine) -> int:
    return int(machine.steady_seconds() * 1000)

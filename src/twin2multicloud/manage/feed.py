"""What all open pages share: clouds, boundaries, letters, errors and events, asked for once. Draws nothing."""

import time
from contextlib import suppress

from nicegui import run

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.event_rule import KeptEvent
from twin2multicloud.emulator.host.status import BoundaryStatus, CloudStatus
from twin2multicloud.manage.twin_view import TwinView
from twin2multicloud.operations.dead_letters import LetterGroup
from twin2multicloud.operations.error_events import ErrorGroup

_ALIVE_FOR = 5.0  # s after an answer
_READ_EVERY = 3.0  # s between two readings of letters and errors, where their number has changed


class Feed:
    """The latest status of the twin; `problem` is the reason if there is none."""

    def __init__(self, view: TwinView) -> None:
        self._view = view
        self._answered_at: float | None = None
        self.clouds: tuple[CloudStatus, ...] = ()
        self.boundaries: tuple[BoundaryStatus, ...] = ()
        self.letters: list[LetterGroup] = []
        self.errors: list[ErrorGroup] = []
        self.events: list[KeptEvent] = []
        self._events_next = 0.0
        self._counts: object = None  # of letters and errors, when they were read
        self._read_next = 0.0
        self.problem = ""

    @property
    def alive(self) -> bool:
        """Whether a running cloud has answered lately."""
        fresh = self._answered_at is not None and time.monotonic() - self._answered_at < _ALIVE_FOR
        return fresh and any(cloud.running for cloud in self.clouds)

    async def refresh(self) -> None:
        """Ask again. What was known before stays where the asking fails."""
        try:
            answer = await run.io_bound(self._ask)
        except (TwinError, OSError) as error:
            self.problem = str(error)
            return
        if answer is not None:  # None: the process is stopping
            self.clouds, self.boundaries = answer
            self.problem = ""
            self._answered_at = time.monotonic()

    def _ask(self) -> tuple[tuple[CloudStatus, ...], tuple[BoundaryStatus, ...]]:
        clouds = self._view.statuses()
        counts = [(each.dead_letters, each.errors) for each in clouds]
        now = time.monotonic()
        if counts != self._counts and now >= self._read_next:  # they may be many
            self.letters, self.errors = self._view.kept()
            self._counts, self._read_next = counts, now + _READ_EVERY
        if now >= self._events_next:
            self._events_next = now + _READ_EVERY
            with suppress(TwinError):  # L2's cloud is dark: the statuses say so
                self.events = self._view.events()
        return clouds, self._view.boundaries(clouds)

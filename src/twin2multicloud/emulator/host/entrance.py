"""Where messages enter an emulated cloud, from devices and from other clouds. Holds them back while too much waits.

On the event loop only. Decides nothing about how much is too much: `delivery.backlog` does.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.emulator.delivery.backlog import Backlog
from twin2multicloud.emulator.mqtt.service import Published

_LOOK_SECONDS = 0.02  # between two looks whether there is room
_SLOW_SECONDS = 1.0  # that a publish waits where acknowledgements are slowed down
_PATIENCE_SECONDS = 5.0  # that a request waits for room, before it is asked to come again
_RELEASED_BYTES = 1024 * 1024  # at one look: what is released is not counted as waiting at once
_TURN = 1_000  # publishes that are passed on as one: more would hold everybody else up

Done = Callable[[Exception | None], None]
Publish = Callable[[Sequence[Published], Done], None]


class Entrance:
    """Passes publishes on, in their order, as long as there is room; all of one turn of the event loop as one.

    A thousand connections with a publish each cost little more than one with a thousand: the dispatcher starts once,
    and the loop is woken once when they are durable. Where they fail, they fail together and come again.
    """

    def __init__(self, publish: Publish, backlog: Backlog) -> None:
        self._publish, self._backlog = publish, backlog
        self._held: deque[tuple[float, Sequence[Published], Done]] = deque()
        self._turn: list[Published] = []
        self._turn_done: list[Done] = []

    def accept(self, publishes: Sequence[Published], done: Done) -> bool:
        """Pass publishes on, or hold them back: False. `done` is called on the event loop."""
        if not self._held and self._backlog.full is None and self._backlog.late is None:
            self._pass_on(publishes, done)
            return True
        if not self._held:
            asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._release)
        self._held.append((time.monotonic(), publishes, done))
        return False

    async def room(self) -> None:
        """Wait until there is room. Raises RetryableError where that takes too long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (reason := self._backlog.full) is not None:
            if time.monotonic() > deadline:
                raise RetryableError(f"too much waits here: {reason}", _PATIENCE_SECONDS)
            await asyncio.sleep(_LOOK_SECONDS)

    def _release(self) -> None:
        released, slow = 0, self._backlog.late is not None
        while self._held and released < _RELEASED_BYTES and self._backlog.full is None:
            since, publishes, done = self._held[0]
            if slow and time.monotonic() - since < _SLOW_SECONDS:
                break
            self._held.popleft()
            released += sum(len(each.payload) for each in publishes)
            self._pass_on(publishes, done)
        if self._held:
            asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._release)

    def _pass_on(self, publishes: Sequence[Published], done: Done) -> None:
        if not self._turn:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._turn += publishes
        self._turn_done.append(done)
        if len(self._turn) >= _TURN:
            self._end_turn()

    def _end_turn(self) -> None:
        publishes, self._turn = self._turn, []
        waiting, self._turn_done = self._turn_done, []
        if not publishes:  # so many came that they were passed on before
            return
        loop = asyncio.get_running_loop()

        def done(error: Exception | None) -> None:
            for each in waiting:
                each(error)

        def from_any_thread(error: Exception | None) -> None:
            loop.call_soon_threadsafe(done, error)

        self._publish(publishes, from_any_thread)

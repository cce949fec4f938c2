"""Writes that a function has staged but not awaited. Owns the rule: an answer leaves after they are durable."""

import asyncio
import threading
from collections.abc import Callable

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.emulator.delivery.group_commit import Group


class Staged:
    """Collects, per thread, the groups that a function's ports staged; the host takes them when it returns."""

    def __init__(self) -> None:
        self._local = threading.local()

    def add(self, group: Group) -> None:
        """Remember a group for the host of the function on this thread."""
        groups: dict[int, Group] = self._local.__dict__.setdefault("groups", {})
        groups[id(group)] = group

    def take(self) -> tuple[Group, ...]:
        """The groups since the last call, each once."""
        return tuple(self._local.__dict__.pop("groups", {}).values())


def when_all_durable(groups: tuple[Group, ...], callback: Callable[[Exception | None], None]) -> None:
    """Call back once, when every group is done; with the first error if there was any."""
    remaining = len(groups)
    if remaining == 0:
        callback(None)
        return
    lock = threading.Lock()
    errors: list[Exception] = []

    def one_done(error: Exception | None) -> None:
        nonlocal remaining
        with lock:
            remaining -= 1
            if error is not None:
                errors.append(error)
            last = remaining == 0
        if last:
            callback(errors[0] if errors else None)

    for group in groups:
        group.when_done(one_done)


async def all_durable(groups: tuple[Group, ...]) -> None:
    """Wait on the event loop. Raises RetryableError where the disk refused."""
    pending = tuple(group for group in groups if not group.finished or group.error)
    if not pending:
        return
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Exception | None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if not future.done():
            future.set_result(error)

    def on_commit_thread(error: Exception | None) -> None:
        loop.call_soon_threadsafe(settle, error)

    when_all_durable(pending, on_commit_thread)
    error = await future
    if error is not None:
        raise RetryableError(f"the write to disk failed: {error}")

"""Error-table admin: lists a cloud's error events for the operator; every ten minutes sends on what waits for the
management backend, and deletes what is older than `KEPT_DAYS`.

A call is ``{"action": …}`` with the action's own arguments:

- ``list``: the newest events, newest first, 100 at most: ``since`` (canonical), ``before`` (``timestamp`` and ``id`` of
  the last one seen), ``limit``.
- ``keep-up``: what the schedule does, now.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.domain.errors import FinalError
from twin2multicloud.domain.timestamps import day_before
from twin2multicloud.functions.errors.error_reporter import notifications
from twin2multicloud.functions.errors.notifications import Notifications
from twin2multicloud.functions.storage.administration import admin_function
from twin2multicloud.functions.storage.moving import RUN_SECONDS
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.error_store import MOST_ERRORS, ErrorKey, ErrorStore
from twin2multicloud.ports.hot_store import BEFORE_ALL
from twin2multicloud.wire.limits import CALL_SECONDS

KEPT_DAYS = 90
"""Days that the table keeps an event."""
_DELETED_AT_ONCE = 500


def build(parts: Parts) -> Function:
    """Schedule, or native call of the operator -> the error table."""
    store = parts.error_store
    admin = ErrorTableAdmin(store, parts.ports.clock, notifications(parts, store))
    actions = {"list": admin.newest, "keep-up": lambda _: admin.keep_up(CALL_SECONDS)}
    return admin_function(parts, actions, lambda _: admin.keep_up(RUN_SECONDS))


class _Asked(msgspec.Struct, frozen=True):
    since: str = BEFORE_ALL
    limit: int = MOST_ERRORS
    before: ErrorKey | None = None


class ErrorTableAdmin:
    """Actions on the error table."""

    def __init__(self, store: ErrorStore, clock: Clock, notifications: Notifications | None) -> None:
        self._store, self._clock, self._notifications = store, clock, notifications

    def newest(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The newest events. Raises FinalError for arguments that are none."""
        try:
            asked = msgspec.convert(arguments, _Asked)
        except msgspec.ValidationError as error:
            raise FinalError(f"not a question to the error table: {error}", 400) from error
        limit = min(max(1, asked.limit), MOST_ERRORS)
        return {"errors": msgspec.to_builtins(self._store.newest(asked.since, limit, asked.before))}

    def keep_up(self, seconds: float) -> dict[str, Any]:
        """Send on what waits for the management backend, and delete what is old; how many of each."""
        until = self._clock.monotonic() + seconds
        sent = self._notifications.deliver(seconds) if self._notifications is not None else 0
        before, deleted, found = day_before(self._clock.now(), KEPT_DAYS), 0, _DELETED_AT_ONCE
        while found == _DELETED_AT_ONCE and self._clock.monotonic() < until:
            found = self._store.forget(before, _DELETED_AT_ONCE)
            deleted += found
        return {"sent": sent, "deleted": deleted, "finished": found < _DELETED_AT_ONCE}

"""Event action (L2): runs the user's function on an event. Owns how user code is called, and that it is called once.

An event on which it fails comes again, as its queue has it, and ends in the dead letters; the others of its batch are
done. Once it has returned it is not called again for this event, whatever is delivered twice.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.error_codes import ErrorCode
from twin2multicloud.domain.errors import OutageError, described
from twin2multicloud.domain.event_rule import ActionKind, Event, EventRule
from twin2multicloud.domain.telemetry import Reading
from twin2multicloud.functions.events.fired_events import as_event
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.triggers import Function, QueueHandler
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.functions.writers import Undeliverable
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.event_store import EventKey, EventStore

UserAction = Callable[[dict[str, Any]], object]
"""``act(event)``: id, rule, device_id, timestamp, since, values. What it returns does not matter."""

FindAction = Callable[[str], UserAction | None]
"""The user's function of that name."""


def build(parts: Parts) -> Function:
    """Queue -> user code, one record at a time: one that fails has no part in another's."""
    ports = parts.ports
    actions = EventActions(
        ports.rules,
        ports.find_action,
        parts.event_store,
        parts.undeliverable(ErrorCode.ACTION_FAILED),
        parts.reporter,
        ports.clock,
    )
    handler = QueueHandler(actions, parts.dead_letters, parts.reporter)

    def handle(bodies: Sequence[bytes | str]) -> list[int]:
        return [place for place, body in enumerate(bodies) if handler([body])]

    return parts.function({Trigger.QUEUE: handle})


class EventActions:
    """Runs the actions of events."""

    def __init__(
        self,
        rules: Sequence[EventRule],
        find: FindAction,
        store: EventStore,
        undeliverable: Undeliverable,
        reporter: Reporter,
        clock: Clock,
    ) -> None:
        self._store, self._undeliverable, self._reporter, self._clock = store, undeliverable, reporter, clock
        named = {
            each.name: each.action.name for each in rules if each.action and each.action.kind is ActionKind.FUNCTION
        }
        self._actions = {rule: action for rule, name in named.items() if (action := find(name)) is not None}

    def __call__(self, messages: Sequence[Reading], trace_id: str) -> None:
        """Act on events. Raises OutageError where one failed: it is reported, and comes again."""
        lost: list[tuple[Reading, str]] = []
        failed: list[str] = []
        for message in messages:
            try:
                event = as_event(message.flat)
            except (msgspec.MsgspecError, ValueError) as error:
                lost.append((message, f"not an event: {error}"))
                continue
            action = self._actions.get(event.rule)
            if action is None:
                lost.append((message, f"the project has no rule {event.rule!r} with a function any more"))
            elif (problem := self._act(action, event)) is not None:
                failed.append(problem)
                self._reporter.report(ErrorCode.ACTION_FAILED, problem, raw=message.encoded, trace_id=trace_id)
        if lost:
            self._undeliverable.keep(lost, len(messages), trace_id)
        if failed:
            raise OutageError(failed[0])

    def _act(self, action: UserAction, event: Event) -> str | None:
        """Why an action failed; None where it is done, now or before."""
        key = EventKey(event.timestamp, event.id)
        if self._store.has_acted(key):
            return None
        try:
            action(msgspec.to_builtins(event))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # user code may also call sys.exit()
            return f"{event.rule} at {event.device_id}: {described(error)}"
        self._store.acted(key, self._clock.now())
        return None

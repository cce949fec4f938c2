"""Functions whose inter-cloud token comes from a secret store: read lazily, cached, refreshed while they run.

The secret's text is one token, or two with a comma between: the first is sent, both are accepted. A rotation takes
three steps with `KEPT_SECONDS` between them, on every cloud: ``old,new``, so that all accept the new one; ``new,old``,
so that all send it; ``new``.
"""

import threading
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.functions.triggers import Function
from twin2multicloud.functions.wiring import Ports, wire
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.secrets import Secrets
from twin2multicloud.wire.environment import Environment, optional_env

SECRET_VARIABLE = "INTER_CLOUD_TOKEN_SECRET"  # noqa: S105 - the variable's name
TOKEN_VARIABLE = "INTER_CLOUD_TOKEN"  # noqa: S105 - likewise
KEPT_SECONDS = 300.0
_NOT_READ_YET = "not-read-yet"


class CachedSecret:
    """One secret's text, at most `KEPT_SECONDS` old; older only while its store does not answer."""

    def __init__(self, secrets: Secrets, name: str, clock: Clock, log: Callable[[str], None]) -> None:
        self._secrets, self._name, self._clock, self._log = secrets, name, clock, log
        self._text = ""
        self._until = 0.0
        self._lock = threading.Lock()

    def read(self) -> str:
        """The text. Raises RetryableError only if it was never read, ConfigurationError."""
        with self._lock:
            if not self._text or self._clock.monotonic() >= self._until:
                self._refresh()
            return self._text

    def _refresh(self) -> None:
        try:
            self._text = self._secrets.read(self._name).strip()
        except RetryableError as error:
            if not self._text:
                raise
            self._log(f"the secret is as it was: {error}")
        self._until = self._clock.monotonic() + KEPT_SECONDS


def wire_with_secret(name: str, env: Environment, ports: Ports, secrets: Secrets) -> Function:
    """`functions.wiring.wire`, with the token out of the secret store where the environment names a secret.

    The store is asked on the first event, not here: an app whose vault or role is not there yet must still start, or
    the Functions host finds no function in it, and Cloud Run calls its revision failed. Until then the function is
    wired with no token that anybody has. Raises ConfigurationError for what `env` lacks.
    """
    secret = optional_env(env, SECRET_VARIABLE)
    if secret is None:
        return wire(name, env, ports)
    cached = CachedSecret(secrets, secret, ports.clock, ports.log)

    @lru_cache(maxsize=1)  # wired again only when the secret's text changes
    def wired(text: str) -> Function:
        return wire(name, {**env, TOKEN_VARIABLE: text}, ports)

    def handle(trigger: Trigger, event: Any) -> Any:  # noqa: ANN401 - see `functions.triggers`
        return wired(cached.read()).handlers[trigger](event)

    function = wire(name, {**env, TOKEN_VARIABLE: _NOT_READ_YET}, ports)
    handlers = {trigger: partial(handle, trigger) for trigger in function.handlers}
    return Function(name=name, reporter=function.reporter, handlers=handlers)

"""The properties of a twin service that is written to: what a twin was measured to be, and when.

Names of twins and properties are the service's own (`domain.dtdl_names`).
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.domain.errors import RetryableError


class ChangedError(RetryableError):
    """Somebody else has written the twin since its version was read. Read it again."""


class Measured(msgspec.Struct, frozen=True):
    """A value, and the time at which it was measured (canonical)."""

    value: Scalar
    time: str


class TwinState(msgspec.Struct, frozen=True):
    """A twin as the service has it. `times` are those of what was measured; `version` is the service's own word."""

    version: str
    values: Mapping[str, Scalar] = {}
    times: Mapping[str, str] = {}


class TwinGraph(Protocol):
    """One twin service. Reads are consistent: what was written is there."""

    def state(self, twin_id: str) -> TwinState:
        """A twin with its scalar properties.

        Raises FinalError (404) where there is no such twin, RetryableError.
        """
        ...

    def update(self, twin_id: str, values: Mapping[str, Measured], version: str) -> str:
        """Write properties with their times, all or none, unless the twin has another version; returns the new one.

        Raises ChangedError where it has another, FinalError where the service does not take a value or has no such
        twin, RetryableError where it is throttled or not reached: what was written is then unknown.
        """
        ...

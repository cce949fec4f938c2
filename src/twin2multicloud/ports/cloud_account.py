"""The account that a twin is to be deployed to, on one cloud: who the deployer is there, and what may stand in the way.

The operator's; no function needs it. Reads only.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a rendered configuration takes of one cloud's account.

    `permissions` are the deployer's, in the cloud's own words; `services` have to be on before; `names` must be free:
    what a person calls the kind, and the name. `is_open`: some functions answer anybody, and check a token themselves.
    """

    permissions: tuple[str, ...]
    services: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    functions: int = 0
    is_open: bool = False


class Obstacle(msgspec.Struct, frozen=True):
    """Something that a deployment would meet. `problem` is a sentence, `remedy` the command or place that mends it.

    `certain` is False where it could not be seen: the deployment may go well.
    """

    problem: str
    remedy: str
    certain: bool = True


class CloudAccount(Protocol):
    """One account. All methods raise ConfigurationError where the sign-in does not work, RetryableError."""

    def identity(self) -> str:
        """Who is signed in, or to which account, subscription or project: for people."""
        ...

    def missing(self, permissions: Sequence[str]) -> Sequence[str]:
        """Those of the permissions that the deployer does not have."""
        ...

    def obstacles(self, needs: Needs, *, is_new: bool) -> Iterator[Obstacle]:
        """What else a deployment would meet: services that are off, quotas, policies; for a new one, names in use."""
        ...

"""What an emulated twin service is to the cloud that serves it: the interface, and how clients are told of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

import msgspec

from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.clouds import pack
from twin2multicloud.ports.twin_graph import TwinGraph
from twin2multicloud.wire.http import Request, Response

NativeCall = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Calls a function on the same cloud, by its name in the plan. Raises TwinError."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What a face is made of: the twin, the functions of its cloud, and the time at which it came up (canonical).

    `folder` is for what it keeps; `now` gives its cloud's time.
    """

    twin: Twin
    call: NativeCall
    since: str
    folder: Path
    now: Callable[[], str]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Where clients reach a twin service: its URLs, and the files of certificates that make the second one trusted.

    `certificate` is the service's own, `certificates` all that this machine trusts, with it. Empty without TLS.
    """

    url: str
    tls_url: str = ""
    certificate: str = ""
    certificates: str = ""


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """What a service is made of where there is no twin: a folder for what it keeps, the time in canonical form.

    `functions_url` is where its connectors are called as AWS Lambda is; empty where nothing answers so.
    """

    folder: Path
    now: Callable[[], str]
    functions_url: str = ""


class TwinService(Protocol):
    """A cloud's twin service, to its clients. It answers on threads."""

    def knows(self, request: Request) -> bool:
        """Whether a request is one of the service's."""
        ...

    def answer(self, request: Request) -> Response:
        """The service's answer, errors included."""
        ...

    def close(self) -> None:
        """Close its files."""
        ...


class TwinFace(TwinService, Protocol):
    """The service of a running twin. `graph` is how functions write it, None for one that reads."""

    graph: TwinGraph | None

    def take(self, twin: Twin) -> None:
        """Take in another description of the twin; what clients made beside it stays."""
        ...


def face_of(cloud: Cloud, account: Account) -> TwinFace | None:
    """The twin service of a cloud, where it holds L4 and the emulator has its service."""
    reference = pack(cloud).twin_face
    if account.twin.placement[Slot.L4] != cloud or not reference:
        return None
    face: TwinFace = resolve_name(reference)(account)
    return face


def alone_of(cloud: Cloud, alone: Alone) -> TwinService | None:
    """A cloud's twin service without a twin; None where the emulator has no such service."""
    reference = pack(cloud).twin_alone
    service: TwinService | None = resolve_name(reference)(alone) if reference else None
    return service


def environment_of(cloud: Cloud, told: Told) -> Mapping[str, str]:
    """What a shell has to be told so that the clients of a cloud's twin service reach it; empty for none."""
    reference = pack(cloud).twin_environment
    return resolve_name(reference)(told) if reference else {}

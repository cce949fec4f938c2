"""Emulated twin services without a twin: where they keep things, where they listen, what a shell is told.

Folder and files are those of a project's state, so that a certificate and data are found again at the next start.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.timestamps import canonical
from twin2multicloud.emulator.l4.face import Alone, Told, alone_of, environment_of
from twin2multicloud.emulator.l4.serving import TwinServer
from twin2multicloud.operations.tls_files import own_certificate, with_all_trusted
from twin2multicloud.planning.clouds import known_clouds, label_of, pack
from twin2multicloud.project.json_files import write_atomically
from twin2multicloud.project.state_folder import StateFolder


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """What is served: close the server to end it. `environment` is what a shell needs, and stands in the file too."""

    server: TwinServer
    environment: dict[str, str]
    file: Path


def servable() -> tuple[Cloud, ...]:
    """The clouds whose twin service the emulator has."""
    return tuple(cloud for cloud in known_clouds() if pack(cloud).twin_alone)


def serve(folder: Path, clouds: Sequence[Cloud], ports: tuple[int, int], functions_url: str = "") -> Serving:
    """Serve the twin services of some clouds, on a plain and a TLS port.

    Raises ConfigurationError for a cloud without one, for a port that is taken, and where OpenSSL is needed, not there.
    """
    for cloud in clouds:
        if cloud not in servable():
            known = ", ".join(servable())
            raise ConfigurationError(f"--for {cloud}: the emulator has the twin services of {known}")
    folder.mkdir(parents=True, exist_ok=True)
    state = StateFolder(folder)
    state.make()
    tls = own_certificate(folder) if any(pack(cloud).twin_over_tls for cloud in clouds) else None
    given = Alone(folder=state.root, now=_now, functions_url=functions_url)
    services = [each for cloud in clouds if (each := alone_of(cloud, given)) is not None]
    try:
        server = TwinServer(services, *ports, tls)
    except OSError as error:
        for each in services:
            each.close()
        where = " or ".join(str(each) for each in ports)
        labels = " and ".join(label_of(each) for each in clouds)
        raise ConfigurationError(
            f"port {where} of 127.0.0.1, for the twin services of {labels}, cannot be had ({error.strerror}); "
            "give --port and --tls-port"
        ) from error
    told = Told(url=server.url)
    if tls is not None:
        told = Told(
            url=server.url, tls_url=server.tls_url, certificate=tls.certificate, certificates=with_all_trusted(tls)
        )
    environment = {name: value for cloud in clouds for name, value in environment_of(cloud, told).items()}
    text = "".join(f"{name}={value}\n" for name, value in environment.items())
    write_atomically(state.twin_environment, text.encode())
    return Serving(server=server, environment=environment, file=state.twin_environment)


def _now() -> str:
    return canonical(datetime.now(UTC).isoformat())

"""One emulated cloud as a process: ``python -m twin2multicloud.emulator PROJECT_FOLDER CLOUD``."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.host.bundled_runtime import verified
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.host.deployment import (
    LocalDeployment,
    LocalSecrets,
    Runtime,
    Tls,
    deployment_here,
    load_secrets,
)
from twin2multicloud.emulator.host.failure import say_failure
from twin2multicloud.emulator.host.folder_lock import hold_process
from twin2multicloud.emulator.host.patient_http import PatientHttp, patient_http
from twin2multicloud.emulator.host.ports import listen
from twin2multicloud.emulator.host.readers import ReaderProcess, fork_readers
from twin2multicloud.emulator.host.server import CloudApp, listen_for_devices
from twin2multicloud.planning.clouds import label_of

_SWITCH_INTERVAL = 0.001  # the loop and the queue threads share one interpreter: switch after 1 ms, not 5

# Messages are trees and go when they are done: collecting cycles among them only delays long answers.
_GARBAGE_THRESHOLDS = (50_000, 50, 50)


async def serve(
    deployment: LocalDeployment, secrets: LocalSecrets, cloud_name: Cloud, readers: ReaderProcess | None
) -> None:
    """Run until stopped; then finish the current batches."""
    site = deployment.site(cloud_name)
    web = listen(site.http_port, f"{label_of(cloud_name)}'s endpoints")  # before anything begins to work
    cloud = EmulatedCloud(deployment, secrets, cloud_name)
    if deployment.runtime is Runtime.BUNDLES:
        cloud.log.info("functions run from %s", verified(deployment.state.unpacked_bundles(cloud_name).resolve()))
    mqtt = None
    app, protocol = CloudApp(cloud, secrets.operator_key, readers), patient_http()
    beside: list[asyncio.Task[None]] = []
    try:
        if site.mqtt_port is not None:
            mqtt = listen_for_devices(cloud, site.mqtt_port, _tls(deployment))
        for port, tls, what in (
            (site.https_port, deployment.tls, "HTTPS publish"),
            (site.twin_port, deployment.twin_tls, "twin service"),
        ):
            if port is not None and tls is not None:
                secured = listen(port, f"{label_of(cloud_name)}'s {what}")
                server = _Beside(_config(app, protocol, tls))
                beside.append(asyncio.create_task(server.serve(sockets=[secured])))
        if readers is not None:
            await readers.connect()
        cloud.log.info("up on %s", site.http_url)
        await _Foremost(_config(app, protocol)).serve(sockets=[web])
    finally:
        if mqtt is not None:
            mqtt.close()
        for task in beside:
            task.cancel()
        if readers is not None:
            await readers.close()
        cloud.close()
        cloud.log.info("down")


def _config(app: CloudApp, protocol: type[PatientHttp], tls: Tls | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


class _Foremost(uvicorn.Server):
    """The server that a signal ends. uvicorn would raise the signal again, which ends the process before its cloud."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield


class _Beside(uvicorn.Server):
    """A server beside the one that ends the process: it takes no signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        yield


def _tls(deployment: LocalDeployment) -> ssl.SSLContext | None:
    if deployment.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(deployment.tls.certificate, deployment.tls.key)
    return context


def main() -> None:
    """Start the cloud that the arguments name."""
    folder, cloud = Path(sys.argv[1]), Cloud(sys.argv[2])
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.INFO)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    runner = asyncio.run
    with contextlib.suppress(ImportError):
        import uvloop

        runner = uvloop.run
    try:
        os.chdir(folder)  # and from there on by no name: the folder may be renamed
        deployment, secrets = deployment_here(), load_secrets(Path())
        hold_process(deployment.state, cloud)
        readers = fork_readers(deployment, secrets, cloud)
        with contextlib.suppress(KeyboardInterrupt):
            runner(serve(deployment, secrets, cloud, readers))
    except (TwinError, OSError, sqlite3.Error) as error:
        say_failure(error)


if __name__ == "__main__":
    main()

"""The dashboard's wiring: one process, one twin, one local address. All it serves is in the package."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from fastapi import Request, Response
from nicegui import Client, app, ui
from nicegui.page import page

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.host.deployment import load_deployment
from twin2multicloud.emulator.host.failure import say_failure
from twin2multicloud.emulator.host.ports import is_free
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.guard import LocalOnly
from twin2multicloud.manage.header_bar import LOGO
from twin2multicloud.manage.hierarchy_tree import Place
from twin2multicloud.manage.optimizer_page import register_optimizer_page
from twin2multicloud.manage.page import DashboardPage, missing_page
from twin2multicloud.manage.read_api import read_api
from twin2multicloud.manage.twin_view import TwinView
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.topology import Topology

HOST = "127.0.0.1"
ACCENT = "#4c5fd5"
_ASK_EVERY = 1.0  # s


def serve(twin: Twin, topology: Topology, view: TwinView, port: int, folder: Path | None = None) -> None:
    """Serve the dashboard of one twin until the process is stopped; `folder` is its project's.

    Raises ConfigurationError where the port is taken.
    """
    _check_free(port)
    feed = Feed(view)

    register_optimizer_page(twin, folder)

    @ui.page("/")
    def dashboard(device: str | None = None, entity: str | None = None, group: str | None = None) -> None:
        DashboardPage(twin, topology, view, feed, Place(device=device, entity=entity, group=group))

    @app.get("/_cloud/health")
    def health() -> dict[str, int]:
        """As a cloud answers: whose process listens here."""
        return {"pid": os.getpid()}

    @app.exception_handler(404)
    async def no_page(request: Request, _: Exception) -> Response:
        with Client(page(""), request=request) as client:
            missing_page(request.url.path)
        return client.build_response(request, 404)

    app.mount("/api", read_api(twin, view))
    app.add_middleware(LocalOnly)

    async def refresh_for_viewers() -> None:
        if any(client.has_socket_connection for client in app.clients()):
            await feed.refresh()

    app.colors(primary=ACCENT)
    app.timer(_ASK_EVERY, refresh_for_viewers)
    ui.run(
        host=HOST,
        port=port,
        title=f"{twin.name} · Twin2MultiCloud",
        favicon=LOGO,
        dark=None,
        tailwind=False,
        reload=False,
        show=False,
        show_welcome_message=False,
        timeout_graceful_shutdown=1,  # s; a stream has no end of its own
        reconnect_timeout=30.0,  # of 3 s a page on a busy machine loses its connection, and is loaded anew
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m twin2multicloud.manage PROJECT_FOLDER [--port N]``. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m twin2multicloud.manage", description="The live dashboard.")
    parser.add_argument("project_folder", type=Path, help="a project that is up")
    parser.add_argument("--port", type=int, help="default: the port that `t2mc up` chose")
    chosen = parser.parse_args(arguments)
    try:
        deployment = load_deployment(chosen.project_folder)
        port = deployment.dashboard_port if chosen.port is None else chosen.port
        serve(deployment.twin, deployment.topology, TwinClient(deployment), port, Path(deployment.folder))
    except TwinError as error:
        say_failure(error)
    return 0


def _check_free(port: int) -> None:
    if not is_free(port):
        raise ConfigurationError(
            f"port {port} of {HOST} is in use; stop the program that uses it or choose another with --port"
        )

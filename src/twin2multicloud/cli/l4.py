"""t2mc l4: the emulated twin services by themselves. Decides nothing."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import out, say_json
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.operations.l4_serving import servable
from twin2multicloud.operations.l4_serving import serve as serve_services

l4_app = typer.Typer(
    add_completion=False,
    help="Emulated AWS IoT TwinMaker and Azure Digital Twins by themselves, for any program that uses them.",
    no_args_is_help=True,
)
_PORT, _TLS_PORT = 4690, 4691


@l4_app.callback()
def _group() -> None:
    """Keeps `serve` a sub-command although it is the only one."""


@l4_app.command("serve")
def serve(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Where data, certificate and l4.env are kept, in its .t2mc; made where it is not there.",
            file_okay=False,
        ),
    ] = Path("t2mc-l4"),
    cloud: Annotated[str | None, typer.Option("--for", help="aws or azure; left out: both.", metavar="CLOUD")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of plain HTTP; 0: any.")] = _PORT,
    tls_port: Annotated[int, typer.Option(min=0, max=65535, help="Of HTTPS; 0: any.")] = _TLS_PORT,
    functions: Annotated[
        str, typer.Option(help="URL of what answers as AWS Lambda: TwinMaker's connectors are called there.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Say the environment as JSON.")] = False,
) -> None:
    """Serve emulated twin services to unmodified SDKs until Ctrl-C. Needs no project and no account.

    Example: t2mc l4 serve --for aws, and in another shell: set -a; . t2mc-l4/.t2mc/l4.env
    """
    clouds = (Cloud(cloud),) if cloud is not None else servable()
    serving = serve_services(folder, clouds, (port, tls_port), functions)
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    try:
        if as_json:
            say_json(serving.environment)
        else:
            for name, value in serving.environment.items():
                out.print(f"{name}={value}", highlight=False, soft_wrap=True, markup=False)
            out.print(f"serving; a shell reads {serving.file}; Ctrl-C ends it", highlight=False, soft_wrap=True)
        stopped.wait()
    finally:
        serving.server.close()

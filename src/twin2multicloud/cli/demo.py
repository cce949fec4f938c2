"""t2mc demo: the main job in one command. Starts, plays, checks hop by hop, and stays up in a terminal."""

import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from twin2multicloud.cli.console import err, out
from twin2multicloud.cli.local_commands import RuntimeOption, start_twin
from twin2multicloud.cli.progress import progress_line
from twin2multicloud.cli.tables import comparison_table, stored_in, tiers_table, traffic_table
from twin2multicloud.cli.telemetry_commands import show_publishing
from twin2multicloud.domain.telemetry import Telemetry
from twin2multicloud.emulator.host.deployment import LocalDeployment, Runtime
from twin2multicloud.operations.ageing import age
from twin2multicloud.operations.bring_up import take_down
from twin2multicloud.operations.checks import ReadBack, compare, complaints, wait_until_settled
from twin2multicloud.operations.readings import live_readings, publish
from twin2multicloud.operations.twin_client import TwinClient
from twin2multicloud.planning.clouds import label_of
from twin2multicloud.project.templates import write_template

_RATE = 50.0
_READINGS = 250
_CALMER = 5
_DEVICES_COMPARED = 3
_DEVICES_AGED = 2


def demo(
    folder: Annotated[
        Path, typer.Argument(help="The project; created from the smart-home template if missing.")
    ] = Path("smart-home"),
    runtime: RuntimeOption = Runtime.SOURCE,
    stay: Annotated[bool | None, typer.Option(help="Stay up until Ctrl-C.", show_default="yes in a terminal")] = None,
) -> None:
    """Run a live multi-cloud twin on this machine: start, play its devices, check the data path, show it.

    Exit code 0 when every check holds, 1 when one does not. Example: t2mc demo examples/smart-home
    """
    if not folder.exists():
        write_template("smart-home", folder)
    begun = time.monotonic()
    deployment = start_twin(folder, dashboard=True, runtime=runtime)
    try:
        err.print(
            f"[dim]{len(deployment.sites)} clouds and the dashboard are up after {time.monotonic() - begun:.1f} s[/]"
        )
        source = live_readings(deployment, rate=_RATE, seed=1)
        good = _play_and_check(deployment, list(itertools.islice(source, _READINGS)))
        good = _age_and_check(deployment) and good
        if stay if stay is not None else sys.stdout.isatty():
            _stay(deployment, source)
    finally:
        take_down(deployment)
    raise typer.Exit(0 if good else 1)


def _play_and_check(deployment: LocalDeployment, played: list[Telemetry]) -> bool:
    client = TwinClient(deployment)
    with progress_line("devices are publishing", len(played)) as update:
        publish(deployment, played, speed=1.0, sent=lambda count: update(completed=count))
    statuses = wait_until_settled(client, 30.0, time.sleep, time.monotonic)
    comparisons = _compare_some(client, played, deployment)
    boundaries = client.boundaries()
    out.print(traffic_table(boundaries, title=f"{deployment.twin.name}: {len(played)} readings, hop by hop"))
    dark = [f"{label_of(each.cloud)} does not answer" for each in statuses if not each.running]
    problems = complaints(boundaries) + dark
    if not all(each.equal for each in comparisons):
        out.print(comparison_table(comparisons))
        problems.append("what the hot reader returns is not what was published")
    for problem in problems:
        err.print(f"[bold red]✗[/] {problem}")
    if not problems:
        values = sum(each.published for each in comparisons)
        out.print(f"[green]✓[/] every reading arrived once; {values:,} values read back equal what was published")
    return not problems


def _age_and_check(deployment: LocalDeployment) -> bool:
    """Give a few devices a past, have it moved through the stores, and read it back as one series."""
    catalog = deployment.twin.catalog
    plain = [device for device in catalog.ids() if catalog.processor_of(device) is None][:_DEVICES_AGED]
    with progress_line("months of readings age", None):
        aged = age(deployment, plain, lambda client: wait_until_settled(client, 30.0, time.sleep, time.monotonic))
    tiers = stored_in(TwinClient(deployment).statuses())
    out.print(tiers_table(tiers))
    if not all(each.equal for each in aged.comparisons):
        out.print(comparison_table(aged.comparisons))
        err.print("[bold red]✗[/] what one query over all stores returns is not what was published")
        return False
    values = sum(each.published for each in aged.comparisons)
    out.print(
        f"[green]✓[/] {aged.readings:,} readings since {aged.since[:10]} aged through the stores; "
        f"{values:,} values read back equal over one query",
        soft_wrap=True,
    )
    if aged.to_restore:
        archive = label_of(deployment.twin.placement.l3_archive)
        out.print(
            f"[dim]{aged.to_restore:,} chunks are in an archive class of {archive}: t2mc restore asks for them and "
            "shows the price[/]",
            soft_wrap=True,
        )
    return True


def _compare_some(client: TwinClient, played: list[Telemetry], deployment: LocalDeployment) -> list[ReadBack]:
    """A few devices whose readings no user code changes: what they published is what must be there."""
    catalog = deployment.twin.catalog
    plain = [
        device
        for device in dict.fromkeys(str(each["device_id"]) for each in played)
        if catalog.processor_of(device) is None
    ][:_DEVICES_COMPARED]
    return compare([each for each in played if each["device_id"] in plain], client)


def _stay(deployment: LocalDeployment, source: Iterator[Telemetry]) -> None:
    """Go on with the same devices, so that no meter falls: every fifth round, which fills no page's hour."""
    out.print(
        f"\ndashboard: [bold link={deployment.dashboard_url}]{deployment.dashboard_url}[/]   (Ctrl-C ends the demo)"
    )
    devices = len(deployment.twin.catalog)
    calmer = (reading for number, reading in enumerate(source) if number // devices % _CALMER == 0)
    show_publishing(deployment, calmer, total=None, speed=1.0, title="live")

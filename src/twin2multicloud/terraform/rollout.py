"""A project on real clouds: from its folder to a workspace that is ready to plan.

It remembers what the user chose (regions, project, backend) once something of it may exist, so that destroy and
outputs need no options; and it holds what is asked for against what the state says that it belongs to. It never
prompts.
"""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Cloud, Placement
from twin2multicloud.domain.progress import Report
from twin2multicloud.planning.clouds import pack
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Topology
from twin2multicloud.project.loader import Project
from twin2multicloud.project.places import typed
from twin2multicloud.project.state_folder import StateFolder
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.engine import Engine, Workspace, find_engine
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.render import IDENTITY, Backend, places, render, variables
from twin2multicloud.terraform.render.schema_check import mismatches

_OWN = "bundles"  # a variable that the product sets itself
_SECRETS = ("secret", "password", "token", "access_key", "credentials", "encryption_key", "certificate")
"""What the name of a backend's setting has in it where its value is a secret."""

RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545)
"""Days that logs can be kept on every cloud: CloudWatch has this list (PutRetentionPolicy), Log Analytics ends at 730
(and keeps 30 at least), a log bucket at 3650."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a deployment: Terraform variables by name, where bundles are, where state is kept.

    `clouds` is not chosen but remembered: what any placement of this twin has used since it was last destroyed. With
    none, nothing is deployed. So is `placed`, the placement that was deployed last.
    """

    variables: dict[str, str] = {}
    bundles: str = ""
    backend: Backend = Backend()
    clouds: tuple[Cloud, ...] = ()
    placed: Placement | None = None


class Rollout:
    """One project's deployment. Construction plans and renders, and changes nothing."""

    def __init__(self, project: Project, options: Options) -> None:
        """Raises ConfigurationError for an invalid option, TwinError if the rendering is at fault."""
        self.project = project
        self._state = StateFolder(project.folder)
        self.topology: Topology = plan(project.twin)
        for cloud in self.topology.placement.clouds:
            if pack(cloud).refuses(project.twin.name):
                raise ConfigurationError(
                    f"config.json: name: {project.twin.name!r} has a word that {pack(cloud).label} reserves; "
                    "give the twin another name"
                )
        used = {site.cloud for site in scope.sites(self.topology)} | set(options.clouds)
        self._options = msgspec.structs.replace(options, clouds=tuple(sorted(used)))
        self.config = render(self.topology, options.backend, frozenset(used))
        wrong = mismatches(self.config, schemas.load())
        if wrong:
            raise TwinError(f"the rendered configuration does not match the provider schemas: {wrong[0]}")
        self._check_variables()

    @property
    def bundles(self) -> Path:
        """The folder of the functions' archives."""
        return Path(self._options.bundles).resolve() if self._options.bundles else self._state.bundles

    @property
    def published(self) -> Path:
        """The folder of archives that deployed functions run or ran: ``<cloud>/<function>/<digest>.zip``."""
        return self._state.published

    @property
    def functions(self) -> Iterator[tuple[Cloud, str]]:
        """Every function that is deployed: its cloud and its name."""
        return ((site.cloud, each.name) for site in scope.sites(self.topology) for each in site.functions)

    @property
    def chosen_values(self) -> dict[str, str]:
        """The input variables that were chosen, by name; without the folder of the archives, which is ours to say."""
        declared = self.config["variable"]
        return {name: value for name, value in self._options.variables.items() if name in declared and name != _OWN}

    @property
    def values(self) -> dict[str, str]:
        """The input variables with their defaults, by name; without the folder of the archives."""
        defaults = {name: str(each["default"]) for name, each in self.config["variable"].items() if "default" in each}
        return {**defaults, **self.chosen_values}

    @property
    def is_new(self) -> bool:
        """Whether nothing of it was deployed yet, as far as this project knows."""
        return not (known_options(self.project.folder) or Options()).clouds

    @property
    def placed(self) -> Placement | None:
        """The placement that was deployed last, as far as this project knows."""
        return self._options.placed

    @property
    def state_file(self) -> Path | None:
        """The state's file, where the backend is the local one."""
        (kind, settings), *_ = self.config["terraform"]["backend"].items()
        return self._state.terraform / settings.get("path", "terraform.tfstate") if kind == "local" else None

    def require_bundles(self) -> None:
        """Raises ConfigurationError where a needed archive is missing."""
        for name in (f"{cloud}/{function}.zip" for cloud, function in self.functions):
            if not (self.bundles / name).is_file():
                raise ConfigurationError(
                    f"{self.bundles / name} is missing; run `t2mc package {typed(self.project.folder)}` first"
                )

    @contextlib.contextmanager
    def workspace(self, engine: Engine, env: Mapping[str, str], report: Report) -> Iterator[Workspace]:
        """Write the workspace and open the state, for as long as nobody else may work on it.

        Raises TwinError where somebody does, or where the state is another twin's; EngineError.
        """
        self._state.make()
        with self._alone():
            found = Workspace(engine, self._state.terraform, env, report)
            found.write(self.config, self._values(self._bundles_from(self._state.terraform)))
            self._require_whole_state()
            found.init()
            self._require_own(found.outputs())
            yield found

    @contextlib.contextmanager
    def looking(self, engine: Engine, env: Mapping[str, str], report: Report) -> Iterator[Workspace]:
        """A workspace to look from: in a folder of its own, so that nothing of the project changes. Raises like
        `workspace`.
        """
        with tempfile.TemporaryDirectory(prefix="t2mc-") as scratch:
            folder = Path(scratch) / "terraform"
            found = Workspace(engine, folder, env, report, lock=False)
            (Path(scratch) / self._state.bundles.name).symlink_to(self._state.bundles)
            found.write(self._with_state_where_it_is(), self._values(self._bundles_from(self._state.terraform)))
            found.borrow_providers(self._state.terraform)
            self._require_whole_state()
            found.init()
            self._require_own(found.outputs())
            yield found

    def remember(self) -> None:
        """Keep the options: from now on something of this deployment may exist."""
        self._remember(msgspec.structs.replace(self._options, placed=self.project.twin.placement))

    def forget_clouds(self) -> None:
        """Remove the record after a removal: the next placement starts from nothing."""
        self._remember(msgspec.structs.replace(self._options, clouds=(), placed=None))

    def _remember(self, options: Options) -> None:
        self._state.make()
        path = self._state.deployment_options
        whole = path.with_suffix(".new")  # never half a file: without it nothing could be destroyed
        whole.touch(mode=0o600)
        whole.write_bytes(msgspec.json.format(msgspec.json.encode(options)))
        whole.replace(path)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with open(self._state.deployment_lock, "a+", encoding="utf-8") as file:  # noqa: PTH123 - its descriptor
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                who = f"process {file.read().strip() or 'unknown'}"
                raise TwinError(f"{who} is deploying from {self.project.folder}; wait until it has ended") from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _values(self, bundles: str) -> dict[str, str]:
        return {**self.chosen_values, _OWN: bundles}

    def _bundles_from(self, folder: Path) -> str:
        """The bundles as seen from the workspace: an absolute path would change with the project's folder."""
        return str(self.bundles) if self._options.bundles else os.path.relpath(self.bundles, folder)

    def _require_whole_state(self) -> None:
        """Raises TwinError for a state file of no bytes: the engine would take it for a twin not deployed yet."""
        path = self.state_file
        if path is not None and path.is_file() and not path.stat().st_size:
            raise TwinError(
                f"{path} is empty, which only a killed engine leaves; copy {path.name}.backup over it, "
                "or remove it where nothing was deployed yet"
            )

    def _with_state_where_it_is(self) -> dict[str, Any]:
        """The configuration for another folder: the local backend's file is beside the workspace's own."""
        if self.state_file is None:
            return self.config
        local = {**self.config["terraform"]["backend"]["local"], "path": str(self.state_file)}
        return {**self.config, "terraform": {**self.config["terraform"], "backend": {"local": local}}}

    def _require_own(self, outputs: Mapping[str, Any]) -> None:
        """Hold the twin and its place against what the state says. States from before it said so are taken as ours."""
        said = outputs.get(IDENTITY, {})
        twin = self.project.twin.name
        if said.get("twin", twin) != twin:
            raise ConfigurationError(
                f"the state belongs to the twin {said['twin']!r}, and this project's is {twin!r}; "
                "name it so again, or destroy that twin first"
            )
        for name in places(self.config):
            wanted = self._options.variables.get(name) or self.config["variable"][name].get("default")
            if said.get(name, wanted) != wanted:
                raise ConfigurationError(
                    f"{twin} is deployed with {name}={said[name]}, and would be forgotten there with {wanted}; "
                    f"run `t2mc destroy` first, or give --var {name}={said[name]}"
                )

    def _check_variables(self) -> None:
        """Check the variables: those of unused clouds are kept, unknown ones are refused."""
        known = variables() - {_OWN}
        days = self._options.variables.get("log_retention_days", "30")
        if days not in map(str, RETENTION_DAYS):
            expected = ", ".join(map(str, RETENTION_DAYS))
            raise ConfigurationError(f"--var log_retention_days={days}: expected one of {expected}")
        for name in self._options.backend.settings:
            if any(word in name for word in _SECRETS):
                raise ConfigurationError(
                    f"--state-setting {name} would be kept in a file; "
                    "give it in the environment, as the backend's documentation says"
                )
        for name in self._options.variables:
            if name not in known:
                raise ConfigurationError(f"--var {name}: no such variable; expected one of {', '.join(sorted(known))}")
        for name, each in self.config["variable"].items():
            if name != _OWN and "default" not in each and name not in self._options.variables:
                raise ConfigurationError(f"--var {name}=… is missing: {each['description']}")


def deployed_outputs(project: Project, env: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of a project's deployment. Raises TwinError where there is none, EngineError."""
    with deployed(project).looking(find_engine(env), env, lambda _: None) as workspace:
        return workspace.outputs()


def chosen(
    project: Project, variables: Mapping[str, str], bundles: Path | None = None, backend: Backend | None = None
) -> Rollout:
    """A rollout with the given options over those of the last deployment. Raises like `Rollout`."""
    before = known_options(project.folder) or Options()
    if before.clouds and backend is not None and backend != before.backend:
        raise ConfigurationError(
            f"the state of what is deployed is in {_place(before.backend)}, and would be forgotten with "
            f"{_place(backend)}; run `t2mc destroy` first, or leave --state and --state-setting out"
        )
    options = Options(
        variables={**before.variables, **variables},
        bundles=str(bundles.resolve()) if bundles is not None else before.bundles,
        backend=backend or before.backend,
        clouds=before.clouds,
        placed=before.placed,
    )
    return Rollout(project, options)


def _place(backend: Backend) -> str:
    return " ".join([backend.kind, *(f"{name}={value}" for name, value in sorted(backend.settings.items()))])


def deployed(project: Project) -> Rollout:
    """A rollout with the options of the last deployment. Raises TwinError where there was none."""
    options = known_options(project.folder)
    if options is None:
        raise TwinError(f"nothing is deployed from {project.folder}; run `t2mc deploy {typed(project.folder)}` first")
    return Rollout(project, options)


def known_options(folder: Path) -> Options | None:
    """The options of a project's last deployment; None where there was none. Raises TwinError for a broken file."""
    path = StateFolder(folder).deployment_options
    try:
        return msgspec.json.decode(path.read_bytes(), type=Options)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise TwinError(f"{path} is not readable ({error}); remove it and deploy again") from error

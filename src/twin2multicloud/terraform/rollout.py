"""A project on real clouds: from its folder to a workspace that is ready to plan.

It remembers what the user chose (regions, project, backend), so that destroy and outputs need no options. It
never prompts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from twin2multicloud.domain.errors import ConfigurationError, TwinError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Report
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Topology
from twin2multicloud.project.loader import Project
from twin2multicloud.project.places import typed
from twin2multicloud.project.state_folder import StateFolder
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.engine import Engine, Workspace, find_engine
from twin2multicloud.terraform.render import scope
from twin2multicloud.terraform.render.render import Backend, render, variables
from twin2multicloud.terraform.render.schema_check import mismatches

_OWN = "bundles"  # a variable that the product sets itself


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a deployment: Terraform variables by name, where bundles are, where state is kept.

    `clouds` is not chosen but remembered: what any placement of this twin has used since it was last destroyed.
    """

    variables: dict[str, str] = {}
    bundles: str = ""
    backend: Backend = Backend()
    clouds: tuple[Cloud, ...] = ()


class Rollout:
    """One project's deployment. Construction plans and renders, and changes nothing."""

    def __init__(self, project: Project, options: Options) -> None:
        """Raises ConfigurationError for an invalid option, TwinError if the rendering is at fault."""
        self.project = project
        self._state = StateFolder(project.folder)
        self.topology: Topology = plan(project.twin)
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

    def require_bundles(self) -> None:
        """Raises ConfigurationError where a needed archive is missing."""
        for name in (f"{site.cloud}/{each.name}.zip" for site in scope.sites(self.topology) for each in site.functions):
            if not (self.bundles / name).is_file():
                raise ConfigurationError(
                    f"{self.bundles / name} is missing; run `t2mc package {typed(self.project.folder)}` first"
                )

    def workspace(self, engine: Engine, env: Mapping[str, str], report: Report) -> Workspace:
        """Write the workspace and open the state. Raises EngineError."""
        self._state.make()
        self._remember(self._options)
        found = Workspace(engine, self._state.terraform, env, report)
        declared = self.config["variable"]
        values = {name: value for name, value in self._options.variables.items() if name in declared}
        found.write(self.config, {**values, _OWN: str(self.bundles)})
        found.init()
        return found

    def forget_clouds(self) -> None:
        """Remove the record after a removal: the next placement starts from nothing."""
        self._remember(msgspec.structs.replace(self._options, clouds=()))

    def _remember(self, options: Options) -> None:
        self._state.deployment_options.write_bytes(msgspec.json.format(msgspec.json.encode(options)))

    def _check_variables(self) -> None:
        """Check the variables: those of unused clouds are kept, unknown ones are refused."""
        known = variables() - {_OWN}
        for name in self._options.variables:
            if name not in known:
                raise ConfigurationError(f"--var {name}: no such variable; expected one of {', '.join(sorted(known))}")
        for name, each in self.config["variable"].items():
            if name != _OWN and "default" not in each and name not in self._options.variables:
                raise ConfigurationError(f"--var {name}=… is missing: {each['description']}")


def deployed_outputs(project: Project, env: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of a project's deployment. Raises TwinError where there is none, EngineError."""
    return deployed(project).workspace(find_engine(env), env, lambda _: None).outputs()


def chosen(
    project: Project, variables: Mapping[str, str], bundles: Path | None = None, backend: Backend | None = None
) -> Rollout:
    """A rollout with the given options over those of the last deployment. Raises like `Rollout`."""
    before = known_options(project.folder) or Options()
    options = Options(
        variables={**before.variables, **variables},
        bundles=str(bundles.resolve()) if bundles is not None else before.bundles,
        backend=backend or before.backend,
        clouds=before.clouds,
    )
    return Rollout(project, options)


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

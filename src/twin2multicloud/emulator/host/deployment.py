"""A twin that is up on this machine: which clouds, which ports, which secrets. Names no path in ``.t2mc``."""

import hashlib
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.errors import TwinError
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.delivery.backlog import Bounds
from twin2multicloud.emulator.delivery.queues import KEEPS
from twin2multicloud.emulator.host.ports import hold_free_port
from twin2multicloud.emulator.host.relocation import inode_of, leave_to_the_original, original_of
from twin2multicloud.hosting.user_code import action_names, processor_names
from twin2multicloud.planning.coverage import Coverage, cover
from twin2multicloud.planning.planner import plan
from twin2multicloud.planning.topology import Topology
from twin2multicloud.project.inter_cloud import ensure_inter_cloud, write_endpoints
from twin2multicloud.project.json_files import OWNER_ONLY, write_atomically
from twin2multicloud.project.loader import Project, require_project
from twin2multicloud.project.places import typed
from twin2multicloud.project.state_folder import StateFolder
from twin2multicloud.wire.limits import FUNCTION_SECONDS

HERE = "."
"""The folder of a deployment in a process that works in it: it goes along when the project is renamed."""


class Runtime(StrEnum):
    """The source of functions: this source tree, or the bundles that would be deployed."""

    SOURCE = "source"
    BUNDLES = "bundles"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of one emulated cloud. Only L1's cloud listens for MQTT, and for HTTPS publish where it has TLS.

    `twin_port` is that of a twin service whose clients refuse plain HTTP.
    """

    cloud: Cloud
    http_port: int
    mqtt_port: int | None = None
    https_port: int | None = None
    proxy_port: int | None = None  # where others reach its endpoints, if not at its own port
    twin_port: int | None = None

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that its process listens on."""
        return tuple(
            port for port in (self.http_port, self.mqtt_port, self.https_port, self.twin_port) if port is not None
        )

    @property
    def http_url(self) -> str:
        """The base of its URLs."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def endpoints_url(self) -> str:
        """The base of its endpoints' URLs."""
        return f"http://127.0.0.1:{self.proxy_port or self.http_port}"


class Tls(msgspec.Struct, frozen=True):
    """PEM files of a server: of what devices connect to (MQTT and HTTPS publish), or of a twin service."""

    certificate: str
    key: str


class LocalDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """What `t2mc up` started. Holds no secret: those are in files that only the owner can read."""

    folder: str
    twin: Twin
    topology: Topology
    sites: tuple[Site, ...]
    dashboard_port: int
    bounds: Bounds = Bounds()
    function_seconds: float = FUNCTION_SECONDS
    keeps_seconds: float = KEEPS  # how long a record waits in a queue
    tls: Tls | None = None
    twin_tls: Tls | None = None
    runtime: Runtime = Runtime.SOURCE
    code: Mapping[str, str] = {}  # user code: a digest of each file
    started_as: str = ""  # the folder that processes were started from; a project may be renamed while they run
    inode: int = 0  # of the state folder then: that of a copy is another

    @property
    def moved(self) -> bool:
        """Whether the project's folder has another name than the running processes know."""
        return self.started_as != self.folder

    @property
    def state(self) -> StateFolder:
        """The state folder."""
        return StateFolder(Path(self.folder), follow=self.folder == HERE)

    def describes(self, project: Project) -> bool:
        """Whether the project is unchanged: the twin, and the text of every processor that it names."""
        return self.twin == project.twin and self.code == user_code(project)

    def site(self, cloud: Cloud) -> Site:
        """The site of a cloud that is in use."""
        return next(site for site in self.sites if site.cloud == cloud)

    @property
    def acquisition(self) -> Site:
        """The site where devices connect."""
        return self.site(self.twin.placement[Slot.L1])

    def url_of(self, component_id: str) -> str:
        """The URL of a component's endpoint. Raises TwinError where the plan gives it none."""
        endpoint = self.topology.endpoint(component_id)
        if endpoint is None:
            raise TwinError(f"{component_id} has no endpoint in this plan")
        return self.site(endpoint.cloud).endpoints_url + endpoint.path

    @property
    def publish_url(self) -> str:
        """The base of the URLs that devices post to."""
        site = self.acquisition
        return site.http_url if site.https_port is None else f"https://127.0.0.1:{site.https_port}"

    @property
    def dashboard_url(self) -> str:
        """The URL of the dashboard."""
        return f"http://127.0.0.1:{self.dashboard_port}"


class LocalSecrets(msgspec.Struct, frozen=True):
    """Secrets of the operator, of devices (derived) and between clouds."""

    operator_key: str
    device_key: str
    token: str


class _LocalSecrets(msgspec.Struct, frozen=True):
    operator_key: str
    device_key: str


def prepare(
    project: Project,
    *,
    bounds: Bounds | None = None,
    function_seconds: float = FUNCTION_SECONDS,
    keeps_seconds: float = KEEPS,
    tls: Tls | None = None,
    twin_tls: Tls | None = None,
    dashboard_port: int | None = None,
    runtime: Runtime = Runtime.SOURCE,
) -> LocalDeployment:
    """Decide ports, make secrets and write the state folder. Ports stay the same as long as the folder does.

    A copy of another twin's folder gets ports and secrets of its own.
    """
    twin, folder = project.twin, project.folder.resolve()
    state = StateFolder(folder)
    state.make()
    become_its_own(folder)
    before = _read_deployment(folder)
    known = {site.cloud: site for site in before.sites} if before else {}
    deployment = LocalDeployment(
        folder=str(folder),
        twin=twin,
        topology=plan(twin),
        sites=tuple(_site(cloud, twin, known.get(cloud), tls, twin_tls) for cloud in twin.placement.clouds),
        dashboard_port=dashboard_port or (before.dashboard_port if before else hold_free_port()),
        bounds=bounds or Bounds(),
        function_seconds=function_seconds,
        keeps_seconds=keeps_seconds,
        tls=tls,
        twin_tls=twin_tls,
        runtime=runtime,
        code=user_code(project),
        started_as=str(folder),
        inode=inode_of(state),
    )
    _local_secrets(state)
    ensure_inter_cloud(folder)
    urls = {each.component: deployment.url_of(each.component) for each in deployment.topology.endpoints}
    write_endpoints(folder, urls)
    keep(deployment)
    return deployment


def user_code(project: Project) -> dict[str, str]:
    """A digest of each file of user code that a twin names, and of what processors may read, by path in the project.

    Other files are not run and may change.
    """
    files = {f"processors/{name}.py": project.processors[name] for name in processor_names(project.twin.catalog)}
    files |= {f"processors/{name}": path for name, path in project.data.items()} if files else {}
    acting = (name for name in action_names(project.twin.events) if name in project.actions)
    files |= {f"actions/{name}.py": project.actions[name] for name in acting}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def load_deployment(folder: Path) -> LocalDeployment:
    """What is deployed from a project folder. Raises TwinError where nothing is, InvalidProjectError for no project."""
    if (copied := become_its_own(folder)) is not None:
        raise TwinError(f"{copied}; `t2mc up {typed(folder)}` starts it")
    deployment = _read_deployment(folder.resolve())
    if deployment is None:
        require_project(folder)
        raise TwinError(f"nothing is deployed from {folder}; run `t2mc up {typed(folder)}` first")
    return deployment


def become_its_own(folder: Path) -> str | None:
    """Make a copy of another twin's folder a twin of its own; the sentence that says so, None where it is no copy."""
    state, deployment = StateFolder(folder), _read_deployment(folder.resolve())
    original = None if deployment is None else original_of(deployment, state)
    if original is None:
        return None
    leave_to_the_original(state)
    both = ", and what is deployed on real clouds is known to both" if state.terraform.exists() else ""
    return f"{folder} is a copy of {original}: it is a twin of its own from now on, with new ports and keys{both}"


def deployment_here() -> LocalDeployment:
    """The deployment of the folder that this process works in. Raises TwinError."""
    return msgspec.structs.replace(load_deployment(Path()), folder=HERE)


def prepare_again(project: Project, before: LocalDeployment) -> LocalDeployment:
    """Write the state folder for a project that has changed since; all but the twin and its code is as before."""
    return prepare(
        project,
        bounds=before.bounds,
        function_seconds=before.function_seconds,
        keeps_seconds=before.keeps_seconds,
        tls=before.tls,
        twin_tls=before.twin_tls,
        dashboard_port=before.dashboard_port,
        runtime=before.runtime,
    )


def keep(deployment: LocalDeployment) -> None:
    """Write what is deployed to its state folder."""
    file = deployment.state.deployment
    write_atomically(file, msgspec.json.format(msgspec.json.encode(deployment)), mode=OWNER_ONLY)


def load_secrets(folder: Path) -> LocalSecrets:
    """The secrets of a deployment."""
    local = _local_secrets(StateFolder(folder))
    return LocalSecrets(local.operator_key, local.device_key, ensure_inter_cloud(folder.resolve()).token)


def _site(cloud: Cloud, twin: Twin, known: Site | None, tls: Tls | None, twin_tls: Tls | None) -> Site:
    acquires, serves_twin = twin.placement[Slot.L1] == cloud, twin.placement[Slot.L4] == cloud
    return Site(
        cloud=cloud,
        http_port=known.http_port if known else hold_free_port(),
        mqtt_port=((known.mqtt_port if known else None) or hold_free_port()) if acquires else None,
        https_port=((known.https_port if known else None) or hold_free_port()) if acquires and tls else None,
        twin_port=((known.twin_port if known else None) or hold_free_port()) if serves_twin and twin_tls else None,
    )


def _read_deployment(folder: Path) -> LocalDeployment | None:
    path = StateFolder(folder).deployment
    try:
        deployment = msgspec.json.decode(path.read_bytes(), type=LocalDeployment)
        started_as = deployment.started_as or deployment.folder
        return msgspec.structs.replace(deployment, folder=str(folder), started_as=started_as)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise TwinError(
            f"{path} is not readable ({error}); remove this file, "
            "and `t2mc up` chooses new ports; data and keys are in other files and stay"
        ) from error


def _local_secrets(state: StateFolder) -> _LocalSecrets:
    path = state.secrets
    if not path.exists():
        made = _LocalSecrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        write_atomically(path, msgspec.json.encode(made), mode=OWNER_ONLY)
    try:
        return msgspec.json.decode(path.read_bytes(), type=_LocalSecrets)
    except msgspec.DecodeError as error:
        raise TwinError(f"{path} is not readable ({error}); remove it to give devices new passwords") from error


_RUN = (
    Kind.DEVICE_GATEWAY,
    Kind.HOT_STORE,
    Kind.HOT_TO_COLD_SCHEDULE,
    Kind.COLD_STORE,
    Kind.COLD_TO_ARCHIVE_SCHEDULE,
    Kind.ARCHIVE_STORE,
    Kind.TWIN_SERVICE,
    Kind.DASHBOARD,
    Kind.ERROR_TOPIC,
    Kind.ERROR_TABLE,
    Kind.ERROR_TABLE_SCHEDULE,
    Kind.EVENT_TABLE,
    Kind.EVENT_TABLE_SCHEDULE,
)
"""The stores, services and topics that the emulator has."""


def run_by_the_emulator(topology: Topology) -> Coverage:
    """The part of a plan that the emulator runs: functions with code, the hot store and what they need."""
    return cover(topology, _RUN)

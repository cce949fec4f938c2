"""``.t2mc``, the folder in a project where its state is. Owns the name of every path below it, and no content.

Only its owner may enter it, and git leaves it out.
"""

from pathlib import Path

NAME = ".t2mc"


class StateFolder:
    """The paths of one project's state. Makes nothing before `make`.

    With `follow` they are relative to the working directory, which is the project's: it stays so when that is renamed.
    """

    def __init__(self, project: Path, *, follow: bool = False) -> None:
        root = self.root = Path(NAME) if follow else project.resolve() / NAME
        # The twin on this machine.
        self.deployment = root / "deployment.json"  # what `t2mc up` started
        self.secrets = root / "secrets.json"  # what the operator and devices of this machine sign in with
        self.device_registry = root / "device-registry.json"  # which devices are otherwise than at first
        self.local_device_credentials = root / "local-devices"  # a folder for each, as `t2mc devices --local` gave them
        self.tls = root / "tls"  # the certificate that `t2mc up --tls` made, and its key
        self.lock = root / "lock"  # held by what starts and stops processes
        self.marks = root / "marks"  # the last durable commit of each file, apart from the file
        self.clock = root / "clock.json"  # the virtual time of the emulated clouds, where it was set
        self.twin_environment = root / "l4.env"  # with which clients of L4's own SDK find the emulated one
        # The twin on real clouds.
        self.bundles = root / "bundles"  # the archives that `t2mc package` builds
        self.wheels = root / "wheels"  # fetched for those
        self.published = root / "published"  # archives that functions of the deployed twin run or ran, by digest
        self.terraform = root / "terraform"  # what the engine works on
        self.deployment_options = root / "deployment-options.json"  # what the user chose: regions, project, backend
        self.deployment_lock = root / "deployment.lock"  # who is changing the twin on real clouds
        self.device_credentials = root / "devices"  # a folder for each device that is registered with the deployed twin

    def make(self) -> None:
        """Make it where it is not there. Raises OSError."""
        self.root.mkdir(mode=0o700, exist_ok=True)
        ignored = self.root / ".gitignore"
        if not ignored.exists():  # a full disk would leave it empty
            ignored.write_text("*\n", encoding="utf-8")

    def process(self, name: str) -> Path:
        """The folder of a cloud, by its short name, or of the dashboard: data, log and process id."""
        return self.root / name

    def mark(self, name: str, file: str) -> Path:
        """The mark of a cloud's `journal`, `hot` store or `errors` table, see `emulator.delivery.durable_mark`."""
        return self.marks / f"{name}-{file}"

    def unpacked_bundles(self, cloud: str) -> Path:
        """What an emulated cloud runs functions from, each in a folder of its name."""
        return self.process(cloud) / "bundle"

    def object_stores(self, cloud: str) -> Path:
        """The folder of an emulated cloud's object stores, each in a folder of its deployed name."""
        return self.process(cloud) / "objects"

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.process(name) / "log.txt"

    def process_id(self, name: str) -> Path:
        """The file with a process's id."""
        return self.process(name) / "pid"

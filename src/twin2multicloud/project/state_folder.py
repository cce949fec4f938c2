"""``.t2mc``, the folder in a project where its state is. Owns the name of every path below it, and no content.

Only its owner may enter it, and git leaves it out.
"""

from pathlib import Path

import msgspec

NAME = ".t2mc"


class StateFolder(msgspec.Struct, frozen=True):
    """The state folder of one project, by its path."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "StateFolder":
        """That of a project's folder. Makes nothing."""
        return cls(project.resolve() / NAME)

    def make(self) -> None:
        """Make it where it is not there. Raises OSError."""
        self.root.mkdir(mode=0o700, exist_ok=True)
        (self.root / ".gitignore").write_text("*\n", encoding="utf-8")

    # --- the twin on this machine ----------------------------------------------------------------------------------

    @property
    def deployment(self) -> Path:
        """What `t2mc up` started."""
        return self.root / "deployment.json"

    @property
    def secrets(self) -> Path:
        """What the operator and devices of this machine sign in with."""
        return self.root / "secrets.json"

    @property
    def device_registry(self) -> Path:
        """Which devices are otherwise than at first."""
        return self.root / "device-registry.json"

    @property
    def local_device_credentials(self) -> Path:
        """A folder for each device, as `t2mc devices --local` gave them."""
        return self.root / "local-devices"

    def process(self, name: str) -> Path:
        """The folder of a cloud, by its short name, or of the dashboard: data, log and process id."""
        return self.root / name

    def unpacked_bundles(self, cloud: str) -> Path:
        """What an emulated cloud runs functions from, each in a folder of its name."""
        return self.process(cloud) / "bundle"

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.process(name) / "log.txt"

    def process_id(self, name: str) -> Path:
        """The file with a process's id."""
        return self.process(name) / "pid"

    # --- the twin on real clouds -----------------------------------------------------------------------------------

    @property
    def bundles(self) -> Path:
        """The archives that `t2mc package` builds."""
        return self.root / "bundles"

    @property
    def wheels(self) -> Path:
        """Wheels that were fetched for those."""
        return self.root / "wheels"

    @property
    def terraform(self) -> Path:
        """What the engine works on."""
        return self.root / "terraform"

    @property
    def deployment_options(self) -> Path:
        """What the user chose of a deployment: regions, project, backend."""
        return self.root / "deployment-options.json"

    @property
    def device_credentials(self) -> Path:
        """A folder for each device that is registered with the deployed twin."""
        return self.root / "devices"

"""Whether the archives that would be deployed are those of the project as it is now. Reads archives, makes none."""

import zipfile
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.hosting.bundled import PROCESSORS, TWIN_FILE
from twin2multicloud.packaging.bundle import twin_files
from twin2multicloud.project.places import typed
from twin2multicloud.terraform.rollout import Rollout


def require_current_bundles(rollout: Rollout) -> None:
    """Hold the twin's data and the user's code in each archive against the project's.

    Raises ConfigurationError for an archive that is missing or was made before the project was changed.
    """
    rollout.require_bundles()
    project = rollout.project
    processors = {name: path.read_bytes() for name, path in project.processors.items()}
    actions = {name: path.read_bytes() for name, path in project.actions.items()}
    data = {path: file.read_bytes() for path, file in project.data.items()}
    for cloud, function in rollout.functions:
        archive = rollout.bundles / cloud / f"{function}.zip"
        held = _held(archive)
        if TWIN_FILE in held and held != twin_files(function, project.twin, processors, data, actions):
            raise ConfigurationError(
                f"{archive} was made before the project was changed; run `t2mc package {typed(project.folder)}` again"
            )


def _held(archive: Path) -> dict[str, bytes]:
    """The twin's data and the user's code in an archive. Raises ConfigurationError where it is none."""
    try:
        with zipfile.ZipFile(archive) as file:
            names = [each for each in file.namelist() if each == TWIN_FILE or each.startswith(f"{PROCESSORS}/")]
            return {name: file.read(name) for name in names}
    except (zipfile.BadZipFile, OSError) as error:
        raise ConfigurationError(f"{archive} is not an archive ({error}); package the project again") from error

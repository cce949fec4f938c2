"""A state folder that was copied: makes the copy a twin of its own. Owns what a copy does not take over; stops nothing.

A folder that was renamed or moved is the twin that it was: it keeps ports, keys and the processes that run. The inode
of its ``.t2mc`` tells it from a copy, and whether the folder that it was started from is still there.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from twin2multicloud.project.documents import INTER_CLOUD
from twin2multicloud.project.state_folder import StateFolder

if TYPE_CHECKING:
    from twin2multicloud.emulator.host.deployment import LocalDeployment


def inode_of(state: StateFolder) -> int:
    """What tells a state folder from its copies; renaming keeps it. Raises OSError where there is none."""
    return state.root.stat().st_ino


def original_of(deployment: "LocalDeployment", state: StateFolder) -> Path | None:
    """The folder that a state folder is a copy of, None where it is its own. `deployment` is as the file has it."""
    if not deployment.inode or deployment.inode == inode_of(state):
        return None
    original = Path(deployment.started_as)
    try:
        return original if inode_of(StateFolder(original)) == deployment.inode else None
    except OSError:
        return None  # moved to another file system


def leave_to_the_original(state: StateFolder) -> None:
    """Remove what only one of two twins can have: ports, keys, certificate and processes. Data stays.

    The token between clouds stays where the project is deployed on real clouds: they know it. Raises OSError.
    """
    for process in state.root.glob("*/pid"):
        process.unlink()
    for path in (state.deployment, state.secrets):
        path.unlink(missing_ok=True)
    # Marks too: files that were copied one after the other while a twin wrote them are of different moments.
    for folder in (state.local_device_credentials, state.tls, state.marks):
        shutil.rmtree(folder, ignore_errors=True)
    if not state.terraform.exists():
        (state.root.parent / INTER_CLOUD.file).unlink(missing_ok=True)

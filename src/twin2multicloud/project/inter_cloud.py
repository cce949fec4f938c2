"""`config_inter_cloud.json`: the token between clouds, and where the endpoints are. Owns the file and its secrecy.

The file is generated, readable by its owner alone, and replaced in one step. The token never reaches a message.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from twin2multicloud.domain.errors import InvalidProjectError
from twin2multicloud.project.documents import INTER_CLOUD
from twin2multicloud.project.json_files import ABSENT, OWNER_ONLY, json_text, read_json, write_atomically
from twin2multicloud.project.places import Json, Place, Problem
from twin2multicloud.project.walk import read


class InterCloud(msgspec.Struct, frozen=True, kw_only=True):
    """What the clouds of one twin know of each other: the shared token, and the URL of each endpoint by name."""

    token: str
    endpoints: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"InterCloud(token=<secret>, endpoints={self.endpoints!r})"

    def __rich_repr__(self) -> list[tuple[str, Json]]:
        """What rich prints instead of the fields: no secret either."""
        return [("token", "<secret>"), ("endpoints", self.endpoints)]


def ensure_inter_cloud(folder: Path) -> InterCloud:
    """The project's token and endpoints. The first use makes up a token; a file others may read is closed to them.

    Raises InvalidProjectError for an invalid file, OSError where the folder cannot be written.
    """
    path = folder / INTER_CLOUD.file
    if not path.exists():
        return _write(path, InterCloud(token=secrets.token_urlsafe(32)))
    if path.stat().st_mode & ~OWNER_ONLY & 0o777:
        path.chmod(OWNER_ONLY)
    return _read(path)


def write_endpoints(folder: Path, endpoints: Mapping[str, str]) -> InterCloud:
    """Replace the endpoints by these, name to URL, and keep the token. Raises as `ensure_inter_cloud` does."""
    return _write(
        folder / INTER_CLOUD.file, InterCloud(token=ensure_inter_cloud(folder).token, endpoints=dict(endpoints))
    )


def _read(path: Path) -> InterCloud:
    problems: list[Problem] = []
    value = read_json(path, path.name, problems.append)
    tree = {} if value is ABSENT else read(INTER_CLOUD.shape, value, Place(path.name), problems.append)
    if problems:
        raise InvalidProjectError(tuple(each.finding() for each in problems))
    return InterCloud(token=tree["token"], endpoints=tree.get("endpoints", {}))


def _write(path: Path, content: InterCloud) -> InterCloud:
    write_atomically(path, json_text(msgspec.to_builtins(content)), mode=OWNER_ONLY)
    return content

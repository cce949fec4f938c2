"""Reading a function's environment, strictly: what is missing fails at start, by name. Reads no process state."""

from collections.abc import Callable, Mapping

import msgspec

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.domain.placement import Cloud, parse_cloud

Environment = Mapping[str, str]
_ALIASES = {"INTER_CLOUD_TOKEN": "REMOTE_AUTH_TOKEN"}


def require_env(env: Environment, name: str) -> str:
    """A variable that must be set. Raises ConfigurationError, with its name, if it is missing, empty or blank."""
    value = optional_env(env, name)
    if value is None:
        raise ConfigurationError(f"environment variable {name} is missing or blank; the deployment sets it")
    return value


def optional_env(env: Environment, name: str) -> str | None:
    """A variable, under its name or its alias; None if it is missing, empty or blank."""
    for each in (name, _ALIASES.get(name, name)):
        value = env.get(each, "").strip()
        if value:
            return value
    return None


def require_cloud(env: Environment, name: str) -> Cloud:
    """A variable that names a cloud. Raises ConfigurationError."""
    word = require_env(env, name)
    try:
        return parse_cloud(word)
    except ValueError as error:
        raise ConfigurationError(f"environment variable {name} must name a cloud, found {word!r}") from error


class Remote(msgspec.Struct, frozen=True):
    """Where a boundary leads when its other side is on another cloud."""

    url: str
    token: str


def remote_side(env: Environment, url_name: str, other_side: str, log: Callable[[str], None]) -> Remote | None:
    """Dual validation: remote only if the URL is set *and* the placement differs; None for a local boundary.

    `other_side` names the variable with the other side's cloud. Raises ConfigurationError where the placement
    differs and there is no URL, or no token. A URL with equal placement is a logged no-op.
    """
    differs = require_cloud(env, "CLOUD") != require_cloud(env, other_side)
    url = optional_env(env, url_name)
    if not differs:
        if url is not None:
            log(f"{url_name} is set, but both sides are on {env['CLOUD']}: it is not used")
        return None
    if url is None:
        raise ConfigurationError(f"{other_side} is another cloud, so {url_name} must be set; the deployment sets it")
    return Remote(url, require_env(env, "INTER_CLOUD_TOKEN"))

"""Maps missing modules to extras. Imports nothing that an extra installs."""

from importlib.util import find_spec

from twin2multicloud.domain.errors import ConfigurationError

_EXTRA_OF = {
    "typer": "cli",
    "rich": "cli",
    "uvicorn": "local",
    "httptools": "local",
    "paho": "local",
    "nicegui": "manage",
    "pyarrow": "parquet",
}


def require(*modules: str) -> None:
    """Raises ConfigurationError with the extra that installs the first of some modules that is not there."""
    for name in modules:
        if find_spec(name) is None:
            raise ConfigurationError(missing(name))


def missing(module: str | None) -> str:
    """The sentence for a module that is not installed; empty for one that no extra installs."""
    name = (module or "").partition(".")[0]
    extra = _EXTRA_OF.get(name)
    return f"{name} is not installed: pip install 'twin2multicloud[{extra}]'" if extra else ""

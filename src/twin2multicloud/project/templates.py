"""The project templates of `t2mc init`. Owns finding the examples, installed or in a checkout, and copying one.

There is one copy of them, ``examples/`` in the repository; the wheel carries it as ``project/templates``.
"""

import re
import shutil
import tempfile
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.project.documents import CONFIG, INTER_CLOUD
from twin2multicloud.project.json_files import json_text, read_json
from twin2multicloud.project.names import TWIN_NAME
from twin2multicloud.project.places import did_you_mean, quoted
from twin2multicloud.project.state_folder import NAME

_HERE = Path(__file__)
_IN_WHEEL = _HERE.with_name("templates")
_IN_CHECKOUT = _HERE.parents[3] / "examples"
_LEFT_BEHIND = shutil.ignore_patterns(INTER_CLOUD.file, NAME, "__pycache__")  # another project's token, state, cache
_LONGEST_NAME = 15


def template_folder() -> Path:
    """Where the templates are, one folder each."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def template_names() -> tuple[str, ...]:
    """The templates there are, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in template_folder().glob(f"*/{CONFIG.file}")))


def write_template(name: str, folder: Path, twin_name: str | None = None) -> None:
    """Write a new project from a template, all of it or nothing.

    The twin is called `twin_name`, or after the folder as far as a twin can be.
    Raises ConfigurationError, in one sentence, for an unknown template, an impossible name or a folder in use.
    """
    if name not in template_names():
        hint = did_you_mean(name, template_names())
        known = ", ".join(template_names())
        raise ConfigurationError(f"no template {quoted(name)}, expected one of {known}" + (f"; {hint}" if hint else ""))
    twin = twin_name or _name_after(folder, otherwise=name)
    if not re.fullmatch(TWIN_NAME.pattern, twin):
        raise ConfigurationError(f"invalid twin name {quoted(twin)}; it must have {TWIN_NAME.expected}")
    folder = folder.resolve()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not empty; a new project needs an empty or new folder")
    _copy(template_folder() / name, folder, twin)


def _name_after(folder: Path, *, otherwise: str) -> str:
    """``My Home_2`` is ``my-home-2``; a folder whose name has no letter gives the template's name."""
    words = re.sub("[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    name = words[:_LONGEST_NAME].strip("-")
    return name if re.fullmatch(TWIN_NAME.pattern, name) else otherwise


def _copy(template: Path, folder: Path, twin: str) -> None:
    """Make the project aside and move it into place when it is whole, so that a failure leaves nothing half-done.

    An empty folder is filled and not replaced: it may be where the user's shell stands.
    """
    is_new = not folder.exists()
    workplace = folder.parent if is_new else folder
    workplace.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workplace, prefix=".t2mc-init-") as scratch:
        project = Path(scratch) / "project"
        shutil.copytree(template, project, ignore=_LEFT_BEHIND)
        config = read_json(project / CONFIG.file, CONFIG.file, report=lambda _: None)
        (project / CONFIG.file).write_text(json_text({**config, "name": twin}), encoding="utf-8")
        if is_new:
            project.rename(folder)
        else:
            for each in list(project.iterdir()):
                each.rename(folder / each.name)

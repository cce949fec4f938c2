"""Settings of the whole suite: hypothesis' profiles, and what parallel runs keep together.

With ``CI`` set the examples are the same each time.
"""

import os

import pytest
from hypothesis import settings

# No example database and no deadline: nothing on disk, and two shared cores are slow at times.
settings.register_profile("default", max_examples=60, deadline=None, database=None)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=150, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file's tests run on one worker, for their shared fixtures; those over one emulator too: it is started once."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        emulator = item.get_closest_marker("emulator")
        group = emulator.args[0] if emulator else item.path.relative_to(config.rootpath).as_posix()
        item.add_marker(pytest.mark.xdist_group(group))

"""Settings of the whole suite: hypothesis' profiles, and what parallel runs keep together.

With ``CI`` set the examples are the same each time.
"""

import os

import pytest
from hypothesis import settings

from tests.rigs.table import process_of

# No example database and no deadline: nothing on disk, and two shared cores are slow at times.
settings.register_profile("default", max_examples=60, deadline=None, database=None)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=150, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file's tests run on one worker, for their shared fixtures; those over one emulator too: it is started once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByEmulator(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            return process_of(test) or file

    return ByEmulator(config, log)

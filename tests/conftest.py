"""Settings of the whole suite: hypothesis' profiles. With ``CI`` set the examples are the same each time."""

import os

from hypothesis import settings

# No example database and no deadline: nothing on disk, and two shared cores are slow at times.
settings.register_profile("default", max_examples=60, deadline=None, database=None)
settings.register_profile("ci", parent=settings.get_profile("default"), max_examples=150, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))

"""What the planner says, kept in full. Regenerate with ``python -m tests.golden.regenerate`` and read the diff."""

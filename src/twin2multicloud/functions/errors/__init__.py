"""The error path: topic, reporter, table."""

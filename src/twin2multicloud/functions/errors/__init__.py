"""The error path: topic, reporter, table (lands with its own issue)."""

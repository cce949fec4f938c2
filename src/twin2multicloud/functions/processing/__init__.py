"""L2: ingestion, the user's processor, persisting."""

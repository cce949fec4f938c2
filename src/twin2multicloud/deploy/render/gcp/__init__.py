"""What each component is on Google Cloud. The same files stand in aws, azure and gcp; one never imports another."""

"""What each component is on AWS. The same files stand in aws, azure and gcp; one never imports another."""

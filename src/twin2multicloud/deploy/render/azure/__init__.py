"""What each component is on Azure. The same files stand in aws, azure and gcp; one never imports another."""

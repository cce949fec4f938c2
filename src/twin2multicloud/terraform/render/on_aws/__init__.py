"""What each component is on AWS. The same files are in on_aws, on_azure and on_gcp; one never imports another."""

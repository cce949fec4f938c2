"""What each component is on Google Cloud. The same files are in on_aws and on_azure; one never imports another."""

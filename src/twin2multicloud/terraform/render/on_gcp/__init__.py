"""What each component is on Google Cloud. The same files stand in on_aws and on_azure; one never imports another."""

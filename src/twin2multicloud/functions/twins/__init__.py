"""L4: what connects the twin service to the stores."""

"""L3: writers and readers of the stores."""

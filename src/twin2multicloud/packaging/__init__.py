"""Functions -> archives, the same bytes for the same input. Deploys nothing."""

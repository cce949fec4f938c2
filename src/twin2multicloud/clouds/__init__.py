"""The three clouds, with the same files in each. One never imports another."""

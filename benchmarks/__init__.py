"""Measurements, not tests: `make bench` prints a table with the machine it was made on. Ratios come from one run."""

"""Bundles, rendering and the Terraform engine (lands with its own issue)."""

"""Topology -> Terraform JSON. Owns what each component is on a real cloud; pure: no disk, SDK, engine or account."""

"""Topology -> Terraform JSON, and the engine that applies it. Owns state, plan and apply; never prompts."""

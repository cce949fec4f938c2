"""How messages of real devices become flat telemetry: `formats`, and a module per preset that is imported by its name.

A function's bundle holds the presets that its project uses, and nothing of this package where it uses none.
"""

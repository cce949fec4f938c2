"""The clouds' own twin services, for their unmodified clients: translations over the twin's one graph."""

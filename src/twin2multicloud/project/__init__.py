"""Config files <-> Twin. Owns messages for bad input and the published JSON Schemas; plans and runs nothing."""

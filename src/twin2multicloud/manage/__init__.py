"""The local web UI: NiceGUI on FastAPI. Owns pages; no business logic."""

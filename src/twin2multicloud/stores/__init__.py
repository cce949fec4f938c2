"""Engines over a cloud's tables, objects and queues. Owns what is the same on all clouds; uses no SDK."""

"""Engines over a cloud's tables, objects and queues. Owns what is alike on all clouds; knows no SDK."""

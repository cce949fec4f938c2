"""Devices that are not real: simulation, recordings, pacing, an MQTT device. Knows no cloud and no emulator."""

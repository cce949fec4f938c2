"""Vibration sensors of the factory: converts their temperature, takes off their zero offset, drops warm-up readings."""

ZERO_OFFSET = 0.12  # mm/s that a sensor of this model shows at rest, from its data sheet


def process(telemetry):
    """One reading in, one reading out; None drops it."""
    if telemetry.get("warming_up"):
        return None
    calibrated = {name: value for name, value in telemetry.items() if name != "bearing_temperature_f"}
    if "velocity" in telemetry:
        calibrated["velocity"] = round(max(0.0, telemetry["velocity"] - ZERO_OFFSET), 3)
    if "bearing_temperature_f" in telemetry:
        calibrated["bearing_temperature"] = round((telemetry["bearing_temperature_f"] - 32) * 5 / 9, 1)
    return calibrated

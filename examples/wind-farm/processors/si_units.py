"""Turbines of this maker send knots, watts and °F: converts them to m/s, kW and °C."""

METRES_PER_SECOND = 1852 / 3600  # of a knot, by definition


def process(telemetry):
    """One reading in, one reading out; what a turbine did not measure stays away."""
    converted = {name: value for name, value in telemetry.items() if name not in _CONVERSIONS}
    for name, (to, convert) in _CONVERSIONS.items():
        if name in telemetry:
            converted[to] = round(convert(telemetry[name]), 2)
    return converted


_CONVERSIONS = {
    "wind_speed_kn": ("wind_speed", lambda knots: knots * METRES_PER_SECOND),
    "power_w": ("power", lambda watts: watts / 1000),
    "gearbox_temperature_f": ("gearbox_temperature", lambda fahrenheit: (fahrenheit - 32) * 5 / 9),
}

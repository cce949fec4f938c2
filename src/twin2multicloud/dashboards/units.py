"""Units of the project in Grafana's words. Owns the table; a unit that is not in it is shown as it is written."""

_GRAFANA = {
    "%": "percent",
    "°C": "celsius",
    "°F": "fahrenheit",
    "K": "kelvin",
    "A": "amp",
    "V": "volt",
    "W": "watt",
    "kW": "kwatt",
    "Wh": "watth",
    "kWh": "kwatth",
    "hPa": "pressurehpa",
    "bar": "pressurebar",
    "lx": "lux",
    "ppm": "ppm",
    "Hz": "hertz",
    "s": "s",
    "ms": "ms",
    "kg": "masskg",
    "g": "massg",
    "m": "lengthm",
    "mm": "lengthmm",
    "l": "litre",
    "m/s": "velocityms",
    "km/h": "velocitykmh",
}
"""Ids: github.com/grafana/grafana, packages/grafana-data/src/valueFormats/categories.ts, recalled."""


def grafana_unit(unit: str) -> str:
    """Grafana's id of a unit, ``suffix: <unit>`` for others, ``none`` for no unit."""
    if not unit:
        return "none"
    return _GRAFANA.get(unit, f"suffix: {unit}")

"""The MQTT topics of a device: ``dt/<twin>/<device>/telemetry`` and ``…/commands``. Owns their form alone."""

_SUFFIX = "/telemetry"


def telemetry_topic(twin: str, device_id: str) -> str:
    """Where a device publishes."""
    return f"dt/{twin}/{device_id}{_SUFFIX}"


def commands_topic(twin: str, device_id: str) -> str:
    """The topic of a device's commands."""
    return f"dt/{twin}/{device_id}/commands"


def device_in(twin: str, topic: str) -> str | None:
    """The device that a topic of a twin names; None for a topic of another form or twin."""
    prefix = f"dt/{twin}/"
    if not (topic.startswith(prefix) and topic.endswith(_SUFFIX)):
        return None
    return topic[len(prefix) : -len(_SUFFIX)]

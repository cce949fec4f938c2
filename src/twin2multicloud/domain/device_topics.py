"""The topics of a device: ``dt/<twin>/<device>/telemetry``, ``…/commands``, and the patterns that a project adds.

A pattern has levels of words, ``+`` for any one, and ``{device}`` for the device's id. A pattern's only ``+`` is the
device's, too; one without a place for the device is a topic of whoever is connected. A pattern of topics that are taken
and not read may end in ``#``, for all that follows. Owns their form alone.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

import msgspec

_SUFFIX = "/telemetry"
DEVICE, ANY, REST = "{device}", "+", "#"
IGNORED = ""
"""The device of a topic that is taken and not read; no device has an empty id."""


def telemetry_topic(twin: str, device_id: str) -> str:
    """Where a device publishes."""
    return f"dt/{twin}/{device_id}{_SUFFIX}"


def commands_topic(twin: str, device_id: str) -> str:
    """The topic of a device's commands."""
    return f"dt/{twin}/{device_id}/commands"


TOPIC_VARIABLES = ("DEVICE_TOPICS", "IGNORED_TOPICS", "DEVICE_GATEWAYS")
"""The variables of a device gateway of our own with the lists of `TopicRules`, in its order, separated by commas."""


class TopicRules(msgspec.Struct, frozen=True, dict=True):
    """Who may publish where in one twin: a device to its own topics, a gateway to those of every device.

    `patterns` are further topics; those that match `ignored` alone are taken and not read.
    """

    twin: str
    patterns: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    gateways: frozenset[str] = frozenset()

    def device_of(self, username: str, topic: str, exists: Callable[[str], bool]) -> str | None:
        """The device of a topic, IGNORED, or None where this user may not publish there.

        `exists` is asked for the devices that a gateway names. Called for every publish.
        """
        start = self._start
        if topic.startswith(start) and topic.endswith(_SUFFIX):
            device: str | None = topic[len(start) : -len(_SUFFIX)]
        else:
            device = device_by_pattern(self.patterns, topic, username) if self.patterns else None
        if username not in self.gateways:
            if device is not None:
                return device if device == username else None
        elif device is not None and exists(device):
            return device
        return IGNORED if any(overlap(pattern, topic) for pattern in self.ignored) else None

    @cached_property
    def _start(self) -> str:
        return f"dt/{self.twin}/"


def device_level(pattern: str) -> int | None:
    """The level, from 0, that is the device's id; None where a pattern has no place for it."""
    levels = pattern.split("/")
    return next((number for mark in (DEVICE, ANY) for number, each in enumerate(levels) if each == mark), None)


def device_by_pattern(patterns: Iterable[str], topic: str, sender: str) -> str | None:
    """The device of a topic that matches a pattern; `sender` where the pattern has no place for it."""
    for pattern in patterns:
        if overlap(pattern, topic):
            place = device_level(pattern)
            return sender if place is None else topic.split("/")[place]
    return None


def overlap(one: str, other: str) -> bool:
    """Whether a topic can match both patterns, or a pattern and a topic match."""
    ones, others = one.split("/"), other.split("/")
    for a, b in zip(ones, others, strict=False):
        if REST in (a, b):
            return True
        if a != b and not {a, b} & {ANY, DEVICE}:
            return False
    return len(ones) == len(others)

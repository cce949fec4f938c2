"""What clients sent and what they were answered. The product does not see it; it does not look at the product."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from twin2multicloud.domain.device import Scalar
from twin2multicloud.proving.load import Sent

Key = tuple[str, str, str]
"""A reading: device, stamp, values as JSON in a fixed order. Empty values: whatever user code makes of them."""

Process = Callable[[dict[str, Scalar]], object]


class Due(StrEnum):
    """Where something belongs once it was acknowledged."""

    STORED = "stored"
    DEAD_LETTER = "dead-lettered as it came"
    DROPPED = "dropped by the user's code"
    IGNORED = "dropped, and counted, as the project says of its topic"
    NOWHERE = "refused"


class Claim(msgspec.Struct, eq=False):
    """Something that was sent: where it belongs, and whether its sender was told that it is taken."""

    due: Due
    key: Key | bytes
    sent_by: int  # the number of the step
    acknowledged: bool = False
    sent: int = 0  # how often


class Ledger:
    """All claims of one history. `process` finds the user's code for a device."""

    def __init__(self, process: Callable[[str], Process | None] | None) -> None:
        self._process = process
        self.claims: dict[Key | bytes, Claim] = {}
        self.user_code: set[str] = set()  # devices whose readings it may change
        self.spelt: dict[bytes, Key] = {}  # readings by their bytes, as a dead letter has what was refused

    def reading(self, sent: Sent, number: int) -> Claim:
        """An honest reading, before it is sent."""
        code = None if self._process is None else self._process(sent.device)
        due, values = Due.STORED, canonical(sent.values)
        if code is not None:
            self.user_code.add(sent.device)
            values = ""
            try:
                flat = {"device_id": sent.device, "timestamp": sent.stamp, **sent.values}
                due = Due.STORED if code(flat) is not None else Due.DROPPED
            except Exception:  # it is the user's
                due = Due.DEAD_LETTER
        key = sent.device, sent.stamp, values
        self.spelt[sent.body] = key
        return self._claim(Claim(due, key, number))

    def refused_reading(self, sent: Sent, number: int) -> Claim:
        """A reading that must not be taken: its sender may not send it."""
        values = "" if sent.device in self.user_code else canonical(sent.values)
        return self._claim(Claim(Due.NOWHERE, (sent.device, sent.stamp, values), number))

    def raw(self, body: bytes, number: int, due: Due) -> Claim:
        """Bytes that are no telemetry."""
        return self._claim(Claim(due, body, number))

    def key_of(self, device: str, stamp: str, values: Mapping[str, Scalar]) -> Key:
        """The key of a reading that was found somewhere."""
        return device, stamp, "" if device in self.user_code else canonical(values)

    def _claim(self, claim: Claim) -> Claim:
        return self.claims.setdefault(claim.key, claim)


def acknowledge(claims: Iterable[Claim]) -> None:
    """The sender was told."""
    for each in claims:
        each.acknowledged = True


def canonical(values: Mapping[str, Scalar]) -> str:
    """Values as JSON in the order of their names: the same text for the same values and types only."""
    return msgspec.json.encode(dict(sorted(values.items()))).decode()

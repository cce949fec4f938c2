"""Whether two device groups share an id. Owns finding that out from their patterns; must not list a fleet."""

from collections.abc import Iterator

from twin2multicloud.domain.device import DeviceGroup

_LONGEST_NUMBER = 9  # digits of a group's n


def shared_id(one: DeviceGroup, other: DeviceGroup) -> str | None:
    """An id that both groups have, or None where there is none. Takes some 30 candidates, whatever the counts."""
    return next((each for each in _candidates(one, other) if each in one and each in other), None)


def _candidates(one: DeviceGroup, other: DeviceGroup) -> Iterator[str]:
    """Ids of which at least one is shared if any id is.

    An id of both begins with the longer of the heads and ends with the longer of the tails. Either these overlap,
    which leaves one id per overlap; or there are digits between them, and of all digits of one length the smallest
    are the likeliest to be within both counts: 00…0, or 00…1 where n must not be 0, or 10…0 where no zero may lead.
    """
    (short_head, head), (short_tail, tail) = (
        sorted(pair, key=len) for pair in zip(one.affixes, other.affixes, strict=True)
    )
    if not (head.startswith(short_head) and tail.endswith(short_tail)):
        return
    for length in range(1, min(len(head), len(tail)) + 1):
        if head.endswith(tail[:length]):
            yield head + tail[length:]
    yield head + tail
    for length in range(1, _LONGEST_NUMBER + 1):
        for digits in ("0" * length, "1".zfill(length), "1".ljust(length, "0")):
            yield head + digits + tail

"""The ledger held against what was found: every acknowledged byte sequence is in exactly one place. Reads nothing."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from twin2multicloud.proving.ledger import Claim, Due, Key, Ledger
from twin2multicloud.proving.places import Found

_AHEAD = "ahead of its arrival"  # the project's clock policy refused it: a machine's clock was set back
_SHOWN = 120  # characters of what was sent


class Finding(NamedTuple):
    """What is wrong, and the number of the step that sent it (None: nobody did)."""

    sentence: str
    step: int | None


def check(ledger: Ledger, found: Found) -> list[Finding]:
    """Everything that is not where it belongs."""
    findings = [finding for claim in ledger.claims.values() for finding in _of_claim(claim, found)]
    everything = Counter[Key | bytes](found.letters)
    everything.update(found.stored)
    unknown = (key for key in everything if key not in ledger.claims)
    findings += [Finding(f"{_shown(key)} is there, and nobody sent it so", None) for key in unknown]
    if found.waiting:
        findings.append(Finding(f"{found.waiting} groups of records still wait in queues", None))
    return findings


def _of_claim(claim: Claim, found: Found) -> Iterator[Finding]:
    stored = found.stored[claim.key] if isinstance(claim.key, tuple) else 0
    dead, what = found.letters[claim.key], _shown(claim.key)
    if claim.due in (Due.NOWHERE, Due.DROPPED):
        if stored + dead:
            yield Finding(f"{what} was {claim.due}, and is there", claim.sent_by)
        return
    may_be = max(1, claim.sent) if claim.due is Due.DEAD_LETTER else 1  # what is no reading has no key to know it by
    if stored + dead > may_be:
        yield Finding(f"{what} is there {stored} times stored and {dead} times dead-lettered", claim.sent_by)
    elif claim.acknowledged and stored + dead == 0:
        yield Finding(f"{what} was acknowledged, and is lost", claim.sent_by)
    elif claim.due is Due.STORED and dead and _AHEAD not in (reason := found.reasons[claim.key]):
        yield Finding(f"{what} is a dead letter after its redrive: {reason}", claim.sent_by)
    elif claim.due is Due.DEAD_LETTER and stored:
        yield Finding(f"{what} is no telemetry, and is stored", claim.sent_by)


def _shown(key: Key | bytes) -> str:
    text = repr(key) if isinstance(key, bytes) else f"the reading of {key[0]} at {key[1]} {key[2]}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

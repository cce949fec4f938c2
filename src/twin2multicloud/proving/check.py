"""The ledger held against what was found: every acknowledged byte sequence is in exactly one place. Reads nothing."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from twin2multicloud.proving.ledger import Claim, Due, Key, Ledger
from twin2multicloud.proving.places import Found

_AHEAD = "ahead of its arrival"  # the project's clock policy refused it: a machine's clock was set back
_SHOWN = 120  # characters of what was sent


class Finding(NamedTuple):
    """What is wrong, of which kind, and the number of the step that sent it (None: nobody did)."""

    kind: str
    sentence: str
    step: int | None = None


def check(ledger: Ledger, found: Found) -> list[Finding]:
    """Everything that is not where it belongs."""
    findings = [finding for claim in ledger.claims.values() for finding in _of_claim(claim, found)]
    everything = Counter[Key | bytes](found.letters)
    everything.update(found.stored)
    unknown = (key for key in everything if key not in ledger.claims)
    findings += [Finding("foreign", f"{_shown(key)} is there, and nobody sent it so") for key in unknown]
    ignored = sum(1 for each in ledger.claims.values() if each.due is Due.IGNORED and each.acknowledged)
    if found.ignored is not None and found.ignored < ignored:
        counted = f"{ignored} publishes to topics that are not read were acknowledged, {found.ignored} were counted"
        findings.append(Finding("uncounted", counted))
    for cloud, groups in found.waiting.items():
        findings.append(Finding("unsettled", f"{groups} groups of records still wait in the queues of {cloud}"))
    return findings


def _of_claim(claim: Claim, found: Found) -> Iterator[Finding]:
    """Whether it is in one place. What is refused as it comes has no key: sent twice, it is there twice."""
    stored = found.stored[claim.key] if isinstance(claim.key, tuple) else 0
    dead, what = found.letters[claim.key], _shown(claim.key)
    ahead = bool(dead) and _AHEAD in found.reasons[claim.key]
    kind = wrong = ""
    if claim.due in (Due.NOWHERE, Due.IGNORED) and stored + dead:
        kind, wrong = "foreign", f"was {'refused' if claim.due is Due.NOWHERE else 'not to be read'}, and is there"
    elif claim.due is Due.DROPPED and (stored or (dead and not ahead)):
        kind, wrong = "foreign", "was dropped by the user's code, and is there"
    elif stored > 1 or stored + dead > (max(1, claim.sent) if ahead or claim.due is Due.DEAD_LETTER else 1):
        kind, wrong = (
            "doubled",
            f"is there {stored} times stored and {dead} times dead-lettered, sent {claim.sent} times",
        )
    elif claim.acknowledged and stored + dead == 0 and claim.due not in (Due.DROPPED, Due.IGNORED):
        kind, wrong = "lost", "was acknowledged, and is lost"
    elif claim.due is Due.STORED and dead and not ahead:
        kind, wrong = "dead-lettered", f"is a dead letter after its redrive: {found.reasons[claim.key]}"
    elif claim.due is Due.DEAD_LETTER and stored:
        kind, wrong = "foreign", "is no telemetry, and is stored"
    if wrong:
        yield Finding(kind, f"{what} {wrong}", claim.sent_by)


def _shown(key: Key | bytes) -> str:
    text = repr(key) if isinstance(key, bytes) else f"the reading of {key[0]} at {key[1]} {key[2]}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

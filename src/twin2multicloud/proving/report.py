"""A certificate as lines of text, to be published as they are. Decides nothing."""

from collections.abc import Iterator

from twin2multicloud.proving.certificate import Certificate, Failure

_MOST_FINDINGS = 10


def report_lines(certificate: Certificate, folder: str) -> Iterator[str]:
    """What was run, on what, what went wrong on purpose, and whether what was acknowledged is where it belongs."""
    last = certificate.first_seed + certificate.seeds - 1
    yield f"project    {certificate.project}: {certificate.placement}"
    yield f"versions   {', '.join(f'{name} {version}' for name, version in certificate.versions.items())}"
    yield f"mode       {certificate.mode}; {certificate.minutes:g} minutes of load a seed"
    digest = f", digest {certificate.digest}" if certificate.digest else ""
    yield f"seeds      {certificate.first_seed} to {last}: {certificate.hours:,.1f} hours{digest}"
    for name, count in certificate.figures.items():
        yield f"{count:10,}  {name}"
    if certificate.failure is None:
        yield "holds: what was acknowledged is stored once, unchanged; dead-lettered as it came; or dropped by a rule"
    else:
        yield from _failure_lines(certificate, certificate.failure, folder)


def _failure_lines(certificate: Certificate, failure: Failure, folder: str) -> Iterator[str]:
    count = len(failure.steps)
    yield f"FAILS: seed {failure.seed}, with {count} {'step' if count == 1 else 'steps'}:"
    yield from (f"  {line}" for line in failure.history)
    yield from (f"  wrong: {finding}" for finding in failure.findings[:_MOST_FINDINGS])
    if len(failure.findings) > _MOST_FINDINGS:
        yield f"  and {len(failure.findings) - _MOST_FINDINGS} more"
    again = f"again: t2mc prove {folder} --seed {failure.seed} --minutes {certificate.minutes:g}"
    yield f"{again} --only {','.join(map(str, failure.steps))}" if certificate.digest else f"{again} --processes"

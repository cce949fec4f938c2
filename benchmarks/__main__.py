"""``python -m benchmarks [--quick] [--write] [core|limits|end_to_end|peers ...]``: measure, print, keep."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    abuse,
    bundles,
    command_line,
    core,
    costs,
    end_to_end,
    growth,
    limits,
    reader,
    side_by_side,
    tiers,
)
from benchmarks.report import Section, machine, table

PARTS = {
    "core": core,
    "bundles": bundles,
    "costs": costs,
    "command_line": command_line,
    "limits": limits,
    "end_to_end": end_to_end,
    "growth": growth,
    "abuse": abuse,
    "reader": reader,
    "tiers": tiers,
    "peers": side_by_side,
}
README = Path(__file__).parent / "README.md"


def main(arguments: list[str]) -> None:
    quick = "--quick" in arguments
    chosen = [name for name in arguments if not name.startswith("-")] or list(PARTS)
    words = " ".join(["python -m benchmarks", *arguments])
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr)
        text = report(PARTS[name].measure(quick=quick), words)
        print(text)
        if "--write" in arguments and not quick:
            README.write_text(kept(README.read_text(), name, text))


def report(sections: Mapping[str, Section], words: str) -> str:
    """What one part measured, when, where and by which command."""
    return f"`{words}` on {datetime.now(UTC):%Y-%m-%d}, {machine()}.\n\n{table(sections)}"


def kept(document: str, part: str, text: str) -> str:
    """A document with one part's report in the place of the part's last."""
    begin, end = f"<!-- measured: {part} -->\n", f"<!-- /measured: {part} -->"
    head, found, rest = document.partition(begin)
    assert found, f"the document has no place for {part}"
    return f"{head}{begin}{text}{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    main(sys.argv[1:])

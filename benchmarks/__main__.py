"""``python -m benchmarks [--write] [core|limits|end_to_end|reader ...]``: measure, print, and keep in the README."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import bundles, core, costs, end_to_end, limits, reader
from benchmarks.report import Result, machine, table

PARTS = {"core": core, "bundles": bundles, "costs": costs, "limits": limits, "end_to_end": end_to_end, "reader": reader}
_README = Path(__file__).parent / "README.md"
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"


def main(arguments: list[str]) -> None:
    chosen = [name for name in arguments if not name.startswith("-")] or list(PARTS)
    sections: dict[str, list[Result]] = {}
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr)
        sections |= PARTS[name].measure()
    words = " ".join(["python -m benchmarks", *arguments])
    report = f"`{words}` on {datetime.now(UTC):%Y-%m-%d}, {machine()}.\n\n{table(sections)}"
    print(report)
    if "--write" in arguments:
        text = _README.read_text()
        head, _, rest = text.partition(_BEGIN)
        _README.write_text(f"{head}{_BEGIN}\n{report}{_END}{rest.partition(_END)[2]}")


if __name__ == "__main__":
    main(sys.argv[1:])

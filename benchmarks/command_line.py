"""What a user waits for before the command line says anything."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.report import Result, Section

_EXAMPLE = str(Path(__file__).parents[1] / "examples" / "smart-home")
_MAIN = "from twin2multicloud.cli.__main__ import main; main()"


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    runs = 2 if quick else 10
    commands = {
        "t2mc --version": ["--version"],
        "t2mc --help": ["--help"],
        "t2mc plan examples/smart-home": ["plan", _EXAMPLE],
    }
    return {
        f"Command line, wall time (median of {runs})": [
            Result(f"`{name}`", f"{_seconds(arguments, runs):.2f} s", "0.2 s" if "version" in name else "0.25 s")
            for name, arguments in commands.items()
        ]
    }


def _seconds(arguments: list[str], runs: int) -> float:
    samples = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", _MAIN, *arguments], capture_output=True, check=True)
        samples.append(time.perf_counter() - begun)
    return median(samples)

"""Security scan of the rendered configuration: ``python -m tests.golden.terraform.scan [CHECKOV]``.

Plans kept configurations with the stand-in providers and gives the plans to checkov, whose settings and justified
findings are in ``checkov.yaml`` beside this file. The exit code is checkov's: 0 where nothing is left to justify.
A plan and not the text, because checkov reads Terraform's JSON syntax only as one other tool writes it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.golden.cases import CASES
from tests.golden.terraform.cases import KEPT
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import prepared, terraform
from twin2multicloud.planning.planner import plan

SETTINGS = KEPT / "checkov.yaml"
SCANNED = ("three-clouds-in-turn", "all-aws-dashboard-on-hot-store", "all-azure", "all-gcp")
"""Between them: every function on every cloud, with and without an endpoint."""


def main(checkov: str) -> int:
    """Plan, scan, and give checkov's exit code."""
    with tempfile.TemporaryDirectory(prefix="t2mc-scan-") as folder, stand_in_providers() as (_, env):
        plans = Path(folder) / "plans"
        plans.mkdir()
        for name in SCANNED:
            made = prepared(plan(CASES[name]), Path(folder) / name, terraform(), env)
            made.workspace.init()
            made.workspace.plan()
            (plans / f"{name}.json").write_bytes(made.shown())
        command = [checkov, "--config-file", str(SETTINGS), "--directory", str(plans)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "checkov"))

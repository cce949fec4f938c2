"""Which rendered configurations are kept: those plans whose Terraform shows something that the others do not."""

import json
from pathlib import Path

from tests.golden.cases import CASES as PLANS
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.render import render

KEPT = Path(__file__).parent
NAMES = (
    "all-aws",
    "all-azure",
    "all-gcp",
    "three-clouds-in-turn",
    "processing-elsewhere",
    "hot-store-elsewhere",
    "acquisition-elsewhere-with-feedback",
    "grafana-elsewhere-on-hot-store",
)


def rendered(name: str) -> str:
    """A case's ``main.tf.json`` as text that a person can compare line by line."""
    return json.dumps(render(plan(PLANS[name])), indent=1) + "\n"

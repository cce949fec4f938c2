"""The providers' schemas, for the types that are rendered: data with origin and version. Owns reading them.

Each ``<provider>.json`` is ``{origin, version, provider, resources, data_sources}``; a type is ``{arguments: {name:
{type | block, nesting, max_items, nested, required, computed}}, attributes: {name: type}, force_new, sensitive}``.
They are cut from full schemas by ``python -m tests.golden.terraform.regenerate``; never edited by hand.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load() -> dict[str, dict[str, Any]]:
    """Every provider's schema by the provider's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}

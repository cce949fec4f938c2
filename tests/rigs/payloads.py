"""The clouds' own payloads, as kept in ``tests/payloads``: what they send, and what they expect back."""

from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent.parent / "payloads"


def payload(name: str) -> Any:
    """A payload of its own, to be changed at will."""
    return msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes())

"""Our own twin service, and whoever wants the whole of it: the description itself. Nothing is lost."""

from collections.abc import Mapping
from typing import Any

import msgspec

from twin2multicloud.models.description import Description


def write(description: Description) -> dict[str, Any]:
    """The document."""
    document: dict[str, Any] = msgspec.to_builtins(description)
    return document


def read(document: Mapping[str, Any]) -> Description:
    """The description in a document. Raises msgspec.ValidationError."""
    return msgspec.convert(document, Description)

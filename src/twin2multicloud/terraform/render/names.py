"""Shortens and cleans names to the limits of a service. Independent of clouds.

A twin's name has at most 15 characters (project.documents), so that almost every name fits as it is.
"""

import hashlib
import re


def fitted(name: str, limit: int) -> str:
    """The name, or where it is longer than `limit` characters its start and six digits that tell it from others."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('-')}-{digest}"


def single_dashes(name: str) -> str:
    """The name without dashes in a row: Azure's storage queues refuse them. A twin may be called ``a-``."""
    return re.sub("-{2,}", "-", name).strip("-")


def letters_and_digits(name: str, limit: int) -> str:
    """The name for a storage account: lower-case letters and digits only, at most `limit` of them."""
    return re.sub("[^a-z0-9]", "", fitted(name.lower(), limit).lower())

"""Names as DTDL and Azure Digital Twins take them: of properties, interfaces and twins. No two names give the same."""

import re

OF_COMPONENT = ("deviceId", "componentName")
"""The properties that every component's twin has beside those of its type."""
_FREE = re.compile("[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")


def segment(name: str) -> str:
    """A name as DTDL takes it; no two names give the same."""
    if _FREE.fullmatch(name) and not name.startswith("x_"):
        return name
    return "x_" + "".join(each if each.isalnum() else f"_{ord(each):02x}" for each in name) + "_x"


def property_name(name: str) -> str:
    """A property's name in its interface; those that every component has are taken."""
    return segment(name) if name not in OF_COMPONENT else f"x_{name}_x"


def component_twin(entity: str, component: str) -> str:
    """The id of a component's twin. A component's name holds no dot, so that no two are the same."""
    return f"{entity}.{component}"

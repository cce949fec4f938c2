"""Twin2MultiCloud: a five-layer digital twin with each layer on the cloud that suits it.

The public Python API (docs/python_api.md). A name is imported when it is first used, so that ``import
twin2multicloud`` costs nothing and a function's bundle carries none of it. Other modules may change without notice.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin2multicloud.costs.optimizer import optimize as optimize
    from twin2multicloud.costs.prices import PriceBook as PriceBook
    from twin2multicloud.costs.workload import Workload as Workload
    from twin2multicloud.domain.errors import TwinError as TwinError
    from twin2multicloud.operations.deployed_twin import Deployment as Deployment
    from twin2multicloud.operations.emulation import Emulation as Emulation
    from twin2multicloud.packaging.build import package as package
    from twin2multicloud.planning.planner import plan as plan
    from twin2multicloud.project.loader import load_project as load_project
    from twin2multicloud.terraform.render.render import render as render

__version__ = "0.1.0"

_HOMES = {
    "Deployment": "operations.deployed_twin",
    "Emulation": "operations.emulation",
    "PriceBook": "costs.prices",
    "TwinError": "domain.errors",
    "Workload": "costs.workload",
    "load_project": "project.loader",
    "optimize": "costs.optimizer",
    "package": "packaging.build",
    "plan": "planning.planner",
    "render": "terraform.render.render",
}

__all__ = [  # noqa: RUF022 - found by __getattr__; frozen, and held by a test
    "load_project",
    "plan",
    "optimize",
    "Workload",
    "PriceBook",
    "render",
    "package",
    "Emulation",
    "Deployment",
    "TwinError",
]


def __getattr__(name: str) -> object:
    """Import a public name from where it lives. Raises AttributeError for any other, as every module does."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted([*__all__, "__version__"])

"""Writes what is kept anew: ``python -m tests.golden.regenerate``. Read the diff before it is committed."""

from tests.golden.cases import (
    CASES,
    ERRORS,
    PLANS,
    SCHEMA,
    TOPOLOGY,
    drawn,
    rendered,
    rendered_errors,
    rendered_schema,
)
from tests.golden.grafana.cases import regenerate as regenerate_exports
from tests.golden.project_schemas import publish


def main() -> None:
    """Write the published schemas, the pages and parts of pages that are drawn, and the plans; remove what is over."""
    SCHEMA.write_text(rendered_schema(), encoding="utf-8")
    publish()
    regenerate_exports()
    ERRORS.write_text(rendered_errors(), encoding="utf-8")
    TOPOLOGY.write_text(drawn(TOPOLOGY.read_text(encoding="utf-8")), encoding="utf-8")
    PLANS.mkdir(exist_ok=True)
    for path in PLANS.glob("*.json"):
        if path.stem not in CASES:
            path.unlink()
    for name, described in CASES.items():
        (PLANS / f"{name}.json").write_text(rendered(described), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Writes what is kept anew: ``python -m tests.golden.regenerate``. Read the diff before it is committed."""

from tests.golden.cases import CASES, PLANS, SCHEMA, TOPOLOGY, drawn, rendered, rendered_schema


def main() -> None:
    """Write the schema, the drawn parts of docs/topology.md and the plans; remove plans that no case names."""
    SCHEMA.write_text(rendered_schema(), encoding="utf-8")
    TOPOLOGY.write_text(drawn(TOPOLOGY.read_text(encoding="utf-8")), encoding="utf-8")
    PLANS.mkdir(exist_ok=True)
    for path in PLANS.glob("*.json"):
        if path.stem not in CASES:
            path.unlink()
    for name, described in CASES.items():
        (PLANS / f"{name}.json").write_text(rendered(described), encoding="utf-8")


if __name__ == "__main__":
    main()

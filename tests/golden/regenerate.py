"""Writes the kept plans anew: ``python -m tests.golden.regenerate``. Read the diff before it is committed."""

from tests.golden.cases import CASES, PLANS, rendered


def main() -> None:
    """Write every plan, and remove those that no case names any more."""
    PLANS.mkdir(exist_ok=True)
    for path in PLANS.glob("*.json"):
        if path.stem not in CASES:
            path.unlink()
    for name, described in CASES.items():
        (PLANS / f"{name}.json").write_text(rendered(described), encoding="utf-8")


if __name__ == "__main__":
    main()

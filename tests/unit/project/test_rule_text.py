"""The grammar of event rules: what each form means, and where a wrong text is wrong."""

import pytest

from twin2multicloud.domain.event_rule import AllOf, AnyOf, Comparison, Missing, Term
from twin2multicloud.project.rule_text import RuleTextError, parse_rule, seconds_in


def term(name: str, comparison: str, threshold: object, **more: object) -> Term:
    return Term(property=name, comparison=Comparison(comparison), threshold=threshold, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
def test_each_comparison(operator: str) -> None:
    parsed = parse_rule(f"hall.climate.temperature {operator} DOUBLE(28)")
    assert parsed.when == term("hall.climate.temperature", operator, 28.0)
    assert parsed.hold_seconds == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [("DOUBLE(28)", 28.0), ("INTEGER(28)", 28), ("28.5", 28.5), ("-3", -3), ("BOOLEAN(true)", True), ("false", False),
     ('STRING("on fire")', "on fire"), ('"say \\"no\\""', 'say "no"')],
)  # fmt: skip
def test_values_have_their_type(text: str, value: object) -> None:
    when = parse_rule(f"state == {text}").when
    assert isinstance(when, Term)
    assert (when.threshold, type(when.threshold)) == (value, type(value))


def test_and_binds_closer_than_or_and_parentheses_closest() -> None:
    a, b, c = (term(name, ">", 1) for name in "abc")
    assert parse_rule("a > 1 or b > 1 and c > 1").when == AnyOf((a, AllOf((b, c))))
    assert parse_rule("(a > 1 or b > 1) and c > 1").when == AllOf((AnyOf((a, b)), c))


def test_hold_hysteresis_rate_and_silence() -> None:
    parsed = parse_rule("temperature > DOUBLE(80) clear at DOUBLE(75) for 5m")
    assert parsed.when == term("temperature", ">", 80.0, clear_at=75.0)
    assert parsed.hold_seconds == 300
    assert parse_rule("rate of change of level < -2 per 1h").when == term("level", "<", -2, per_seconds=3600.0)
    assert parse_rule("temperature missing for 15m").when == Missing(property="temperature", seconds=900.0)


def test_times() -> None:
    assert [seconds_in(text) for text in ("500ms", "90s", "1.5h", "2d")] == [0.5, 90.0, 5400.0, 172800.0]
    assert [seconds_in(text) for text in ("", "5", "0s", "m", "999d", "5 m")] == [None] * 6


@pytest.mark.parametrize(
    ("text", "position", "found", "expected"),
    [
        ("", 1, "the end", "a property"),
        ("temperature", 12, "the end", "one of < <="),
        ("temperature = 3", 13, '"="', "one of < <="),
        ("temperature > ", 14, "the end", "a number"),
        ("temperature > hot", 15, '"hot"', "a number"),
        ("temperature > NUMBER(3)", 15, '"NUMBER"', "one of"),
        ("temperature > INTEGER(2.5)", 23, '"2.5"', "of the type INTEGER"),
        ("temperature > DOUBLE(3", 23, "the end", '")"'),
        ("temperature > 3 an b > 2", 17, '"an"', '"and"'),
        ("temperature > 3 for ever", 21, '"ever"', "a time"),
        ("temperature > 3 clear at 4", 26, "4", "not above 3"),
        ("temperature < 3 clear at 2", 26, "2", "not below 3"),
        ("temperature == 3 clear at 2", 27, '"clear at"', "only after"),
        ("rate of change of a > 2", 24, "the end", '"per"'),
        ("(a > 1", 7, "the end", '")"'),
        ("a missing for 5m and b > 1", 18, '"and"', "the end"),
        ("a > NaN", 5, '"NaN"', "a number"),
        ("a ~ 1", 3, '"~"', "one of < <="),
        ("()", 2, '")"', "a property"),
    ],
)
def test_a_wrong_text_says_where(text: str, position: int, found: str, expected: str) -> None:
    with pytest.raises(RuleTextError) as caught:
        parse_rule(text)
    assert caught.value.position == position
    assert found in caught.value.found
    assert expected in caught.value.expected


@pytest.mark.parametrize("text", ["(" * 500 + "a > 1", "a > 1 and " * 50 + "a > 1", "a" * 1001])
def test_there_are_limits(text: str) -> None:
    with pytest.raises(RuleTextError, match="at most"):
        parse_rule(text)

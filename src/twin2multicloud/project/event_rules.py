"""Event rules of the project -> the domain's. Owns what their paths name, and every finding about a rule's text.

A path is ``entity.component.property``, by the hierarchy, or a property alone where the rule says `device`, `group` or
`type`. All paths of a rule are of one device, or of each of one group: its state is kept by device.
"""

from collections.abc import Iterator, Mapping

import msgspec

from twin2multicloud.domain.device import DataType, Scalar
from twin2multicloud.domain.event_rule import AllOf, AnyOf, Comparison, EventAction, EventRule, Missing, Term
from twin2multicloud.project.inventory import Inventory, Tree, data_types
from twin2multicloud.project.places import Place, Problem, did_you_mean, quoted, shown
from twin2multicloud.project.rule_text import ParsedRule, RuleTextError, Written, parse_rule, seconds_in

SOURCES = ("device", "group", "type")
_ORDERED = (Comparison.GREATER, Comparison.GREATER_EQUAL, Comparison.LESS, Comparison.LESS_EQUAL)

Components = Mapping[str, Mapping[str, Tree]]
"""By entity and component."""


def components_of(hierarchy: Tree) -> Components:
    """The components of a hierarchy file, by the entity's id and their name."""
    found: dict[str, dict[str, Tree]] = {}
    waiting = list(hierarchy.get("entities", ()))
    while waiting:
        entity = waiting.pop()
        parts = {each["name"]: each for each in entity.get("components", ()) if each.get("name") is not None}
        found.setdefault(entity.get("id") or "", {}).update(parts)
        waiting += entity.get("children", ())
    return found


def event_rule(tree: Tree, components: Components) -> EventRule:
    """The rule of a sound tree, with its text parsed and its paths bound."""
    action = tree.get("action")
    made = None if action is None else msgspec.convert(action, EventAction)
    late = seconds_in(tree.get("late", "")) or 0.0
    if "when" not in tree:
        term = Term(property=tree["property"], comparison=Comparison(tree["comparison"]), threshold=tree["threshold"])
        source = {key: tree[key] for key in SOURCES if key in tree}
        return EventRule(name=tree["name"], when=term, action=made, late_seconds=late, **source)
    parsed = parse_rule(tree["when"])
    key, value = _source(tree, parsed.written[0].path, components)
    return EventRule(
        name=tree["name"],
        when=_unqualified(parsed.when),
        action=made,
        hold_seconds=parsed.hold_seconds,
        late_seconds=late,
        **{key: value},
    )


def check_text(rule: Tree, components: Components, inventory: Inventory | None, at: Place) -> Iterator[Problem]:
    """Everything that is wrong with a rule's text, each with its position in it."""
    named = [key for key in SOURCES if rule.get(key) is not None]
    if len(named) > 1:
        yield at.problem(" and ".join(named), f"at most one of {', '.join(SOURCES)}")
        return
    if rule.get("when") is None:
        return
    here = at / "when"
    try:
        parsed = parse_rule(rule["when"])
    except RuleTextError as error:
        yield here.problem(f"{error.found} at character {error.position}", error.expected, error.suggestion)
        return
    if inventory is not None:
        yield from _check_parsed(rule, parsed, components, inventory, here)


def _check_parsed(
    rule: Tree, parsed: ParsedRule, components: Components, inventory: Inventory, at: Place
) -> Iterator[Problem]:
    first: tuple[str, str] | None = None
    for written in parsed.written:
        problem = _unknown(rule, written, components, at)
        if problem is not None:
            yield problem
            continue
        source = _source(rule, written.path, components)
        first = first or source
        if source != first:
            yield _at(at, written, f"a property of the {first[0]} {quoted(first[1])}, as the first of the rule")
            continue
        yield from _check_property(written, source, inventory, at)


def _unknown(rule: Tree, written: Written, components: Components, at: Place) -> Problem | None:
    """What is wrong with a path before its device is looked at."""
    named = next((key for key in SOURCES if rule.get(key) is not None), None)
    steps = written.path.rsplit(".", 2)
    if named is not None:
        if len(steps) > 1:
            return _at(at, written, f'a property alone, because the rule says "{named}"')
        return None
    if len(steps) != len(("entity", "component", "property")):
        expected = 'entity.component.property, or a property alone in a rule with "device", "group" or "type"'
        return _at(at, written, expected)
    entity, component, _ = steps
    if entity not in components:
        return _at(at, written, "an entity of the hierarchy", did_you_mean(entity, components), entity)
    if component not in components[entity]:
        hint = did_you_mean(component, components[entity])
        return _at(at, written, f"a component of the entity {quoted(entity)}", hint, component)
    return None


def _check_property(written: Written, source: tuple[str, str], inventory: Inventory, at: Place) -> Iterator[Problem]:
    key, value = source
    if key == "type":
        holder = inventory.types.get(value)
        known = None if holder is None else data_types(holder)
    else:
        device, group = (value, None) if key == "device" else (None, value)
        known = inventory.properties_of(device=device, group=group)
    name = written.path.rsplit(".", 1)[-1]
    if known is None:
        return  # the missing device, group or type is a finding of its own
    if name not in known:
        yield _at(at, written, f"a property of the {key} {quoted(value)}", did_you_mean(name, known), name)
        return
    data_type = known[name]
    if data_type is not None and written.comparison is not None:
        yield from _check_types(written, written.comparison, data_type, at)


def _check_types(written: Written, comparison: Comparison, data_type: DataType, at: Place) -> Iterator[Problem]:
    numeric = data_type not in (DataType.STRING, DataType.BOOLEAN)
    for value, said, position in written.values:
        if not comparable(data_type, value):
            found = f"{shown(value)} at character {position}"
            yield at.problem(found, f"a value to hold a {data_type} against")
        elif said is not None and said is not data_type and not (numeric and said is not DataType.STRING):
            yield at.problem(f"{said} at character {position}", f"{data_type}, the property's type")
    if not numeric and written.is_rate:
        yield _at(at, written, "a number, which alone has a rate of change")
    elif not numeric and comparison in _ORDERED:
        yield at.problem(f"{quoted(comparison)} in {quoted(written.path)}", f"== or != for a {data_type}")


def comparable(data_type: DataType, threshold: Scalar) -> bool:
    """Any number will do for a number: ``count > 2.5`` is plain enough."""
    numeric = data_type in (DataType.INTEGER, DataType.LONG)
    return (DataType.DOUBLE if numeric else data_type).admits(threshold)


def _at(at: Place, written: Written, expected: str, suggestion: str = "", part: str = "") -> Problem:
    position = written.path_at + (written.path.index(part) if part else 0)
    return at.problem(f"{quoted(part or written.path)} at character {position}", expected, suggestion)


def _source(rule: Tree, path: str, components: Components) -> tuple[str, str]:
    """What a path is of, as a key of a rule and its value."""
    for key in SOURCES:
        if rule.get(key) is not None:
            return key, rule[key]
    entity, component, _ = path.rsplit(".", 2)
    part = components[entity][component]
    return next((key, part[key]) for key in ("device", "group") if part.get(key) is not None)


def _unqualified(when: Term | AllOf | AnyOf | Missing) -> Term | AllOf | AnyOf | Missing:
    """A condition with properties in place of paths."""
    if isinstance(when, AllOf | AnyOf):
        parts = tuple(_unqualified(each) for each in when.of)
        return msgspec.structs.replace(when, of=parts)
    return msgspec.structs.replace(when, property=when.property.rsplit(".", 1)[-1])

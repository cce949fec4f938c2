"""Every environment variable of every function, derived from the table. Owns their names; resolves no secret."""

from collections.abc import Iterable, Sequence

import msgspec

from twin2multicloud.domain.clock_skew import DEFAULT, ClockSkew
from twin2multicloud.domain.components import KINDS, Data, Kind, Trigger, home
from twin2multicloud.domain.placement import Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.rows import ConnectorCall, ConnectorRow
from twin2multicloud.planning.services import own_environment
from twin2multicloud.planning.topology import Component, Delivery, Endpoint, ValueKind, Variable

TOKEN_VARIABLE = "INTER_CLOUD_TOKEN"  # noqa: S105 - the variable's name
FORMATS_VARIABLE = "PAYLOAD_FORMATS"
READ_BY = ("CLOCK_SKEW", FORMATS_VARIABLE)
"""By which the dispatcher reads publishes; a device gateway of our own has the same."""

FORMATS_MODULE = "twin2multicloud.functions.payloads.formats"
"""The module that reads messages of types with a payload; a twin without such types has no such variable."""
ENDPOINT_VARIABLE = "HAS_ENDPOINT"
"""Set where a function that takes native calls has a URL too."""


def cloud_variable(slot: Slot) -> str:
    """The variable with the cloud of the other side of a function's boundary: ``L3_HOT_CLOUD``."""
    return f"{slot.value.upper().replace('-', '_')}_CLOUD"


def resource_variable(kind: str, delivery: Delivery) -> str:
    """The variable that names what a function calls on its own cloud: ``PROCESSOR_QUEUE``, ``HOT_STORE_NAME``."""
    suffix = "QUEUE" if delivery is Delivery.QUEUE else "NAME"
    known_as = KINDS[kind].deployed_as or kind  # the dispatcher treats a connector like the processor
    return f"{known_as.upper().replace('-', '_')}_{suffix}"


def environment(
    component: Component,
    twin: Twin,
    calls: Sequence[tuple[ConnectorRow, ConnectorCall]],
    endpoints: Iterable[Endpoint],
    dead_letters: str | None,
) -> tuple[Variable, ...]:
    """The environment of one function, sorted by name. `calls` are those of the whole topology."""
    found = {each.name: each for each in own_environment(component, twin.name)}
    found["MODE"] = Variable("MODE", ValueKind.LITERAL, twin.mode.value)
    if Trigger.DEVICE in KINDS[component.name].triggers and twin.clock_skew != DEFAULT:
        found["CLOCK_SKEW"] = Variable("CLOCK_SKEW", ValueKind.LITERAL, _json(twin.clock_skew))
    if Data.PAYLOADS in KINDS[component.name].data and twin.catalog.payloads:
        found[FORMATS_VARIABLE] = Variable(FORMATS_VARIABLE, ValueKind.LITERAL, FORMATS_MODULE)
    for setting in KINDS[component.name].settings:
        value = getattr(twin, setting)
        if value is not None:
            found[setting.upper()] = Variable(setting.upper(), ValueKind.LITERAL, str(value))
    for row, call in calls:
        if call.source == component.name:
            found.update((each.name, each) for each in _outgoing(component, twin, row, call))
    guarded = {endpoint.component for endpoint in endpoints}
    called = {call.target for _, call in calls if call.source == component.name and call.delivery is Delivery.CALL}
    if any(
        f"{twin.placement[home(each)]}.{each}" in guarded for each in called
    ):  # one URL for both: the call needs the token too
        found[TOKEN_VARIABLE] = Variable(TOKEN_VARIABLE, ValueKind.TOKEN, "")
    if component.id in guarded:
        found[TOKEN_VARIABLE] = Variable(TOKEN_VARIABLE, ValueKind.TOKEN, "")
        if Trigger.CALL in KINDS[component.name].triggers:  # a token alone does not say it: callers have one too
            found[ENDPOINT_VARIABLE] = Variable(ENDPOINT_VARIABLE, ValueKind.LITERAL, "true")
    if dead_letters is not None:
        found["DEAD_LETTER_QUEUE"] = Variable("DEAD_LETTER_QUEUE", ValueKind.RESOURCE, dead_letters)
    return tuple(found[name] for name in sorted(found))


def error_environment(component: Component, twin: Twin, dead_letters: str | None) -> tuple[Variable, ...]:
    """The environment of a function of the error path, sorted by name. It does not know the topic: see `Reporter`."""
    found = [each for each in own_environment(component, twin.name) if each.name != "ERROR_TOPIC"]
    table = resource_variable(Kind.ERROR_TABLE, Delivery.STORE)
    found.append(Variable(table, ValueKind.RESOURCE, f"{component.cloud}.{Kind.ERROR_TABLE}"))
    if twin.management_url:
        found.append(Variable("MANAGEMENT_URL", ValueKind.LITERAL, twin.management_url))
        found.append(Variable(TOKEN_VARIABLE, ValueKind.TOKEN, ""))
    if dead_letters is not None:
        found.append(Variable("DEAD_LETTER_QUEUE", ValueKind.RESOURCE, dead_letters))
    return tuple(sorted(found, key=lambda each: each.name))


def _json(policy: ClockSkew) -> str:
    return msgspec.json.encode(policy).decode()


def _outgoing(component: Component, twin: Twin, row: ConnectorRow, call: ConnectorCall) -> Iterable[Variable]:
    target = f"{twin.placement[home(call.target)]}.{call.target}"
    if call.url is not None:
        yield Variable(call.url, ValueKind.URL, target)
        yield Variable(TOKEN_VARIABLE, ValueKind.TOKEN, "")
    elif call.delivery in (Delivery.QUEUE, Delivery.STORE, Delivery.CALL):
        yield Variable(resource_variable(call.target, call.delivery), ValueKind.RESOURCE, target)
    if any(each.source == component.name and each.url for each in row.calls):  # so that it can validate the URL
        other = row.target if home(component.name) is row.source else row.source
        name = cloud_variable(other)
        yield Variable(name, ValueKind.LITERAL, twin.placement[other])

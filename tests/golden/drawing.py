"""Tables as text for documents: connectors and states as charts, components per cloud as a matrix. Pure."""

from collections.abc import Iterable, Mapping

from twin2multicloud.domain.components import KINDS, ComponentType, has_code
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.planning.clouds import known_clouds, label_of
from twin2multicloud.planning.connector_rules import BOUNDARIES, TABLE
from twin2multicloud.planning.services import services_of
from twin2multicloud.wire import breaker, sender
from twin2multicloud.wire.retry import RetryPolicy

_ARROWS = {True: "-.->", False: "-->"}
_ERROR_PATH = "every cloud"


def flow_chart() -> str:
    """Every call of the table as a Mermaid flow chart; a dotted arrow is a POST from one cloud to another."""
    lines = ["flowchart LR"]
    calls = [call for row in TABLE for call in row.calls]
    named = {name for call in calls for name in (call.source, call.target)}
    for slot in Slot:
        drawn = [kind for kind, info in KINDS.items() if info.slot is slot and kind in named]
        if drawn:
            lines += [
                f'  subgraph {_node(slot)}["{slot}"]',
                *(f'    {_node(kind)}["{kind}"]' for kind in drawn),
                "  end",
            ]
    edges = {(call.source, call.target, call.url is not None): None for call in calls}
    lines += [f"  {_node(source)} {_ARROWS[crosses]} {_node(target)}" for source, target, crosses in edges]
    return "\n".join(lines)


def boundaries() -> str:
    """What each boundary's row says for one cloud and for two, as a Markdown table."""
    rows = ([row.name, row.same.reason, row.different.reason if row.different else ""] for row in BOUNDARIES)
    return _table(["boundary", "on one cloud", "on two"], rows)


def matrix() -> str:
    """Every component and what it is on each cloud, as a Markdown table."""
    clouds = known_clouds()
    rows = (
        [kind, str(info.slot or _ERROR_PATH), *(_made_of(kind, cloud) for cloud in clouds), info.purpose]
        for kind, info in KINDS.items()
    )
    return _table(["component", "slot", *map(label_of, clouds), "what it does"], rows)


def state_diagram(transitions: Mapping[tuple[str, str], str]) -> str:
    """From (state, event) to state, as a Mermaid state diagram that starts with the first state."""
    names = dict.fromkeys(state for (source, _), target in transitions.items() for state in (source, target))
    lines = ["stateDiagram-v2", *(f'  state "{name}" as {_node(name)}' for name in names)]
    lines += [f"  [*] --> {_node(next(iter(names)))}"]
    lines += [f"  {_node(source)} --> {_node(target)}: {event}" for (source, event), target in transitions.items()]
    return "\n".join(lines)


def timings() -> str:
    """How often and how long is tried before a reading is dead-lettered, as a Markdown table."""
    policy = RetryPolicy()
    steps = (f"{policy.first * policy.factor**retry:g}" for retry in range(policy.retries))
    rows = [
        [
            "waits before the retries of a POST, and of a delivery in the emulator",
            f"up to {', '.join(steps)} s (full jitter)",
        ],
        ["an answer to a POST is waited for", f"{sender.TIMEOUT:g} s"],
        ["`Retry-After` is respected up to", f"{policy.longest_wait:g} s"],
        ["failures that open the breaker of a boundary", f"{breaker.OPENS_AFTER:g} s"],
        [
            "an open breaker lets a probe through",
            f"after {breaker.FIRST_PROBE:g} s, doubling to {breaker.LONGEST_OPEN:g} s",
        ],
        ["what cannot pass a boundary waits in the queue", "see [dead letters](dead_letters.md)"],
    ]
    return _table(["what", "how long"], rows)


def _made_of(kind: str, cloud: Cloud) -> str:
    kind_of = KINDS[kind].type
    if kind_of is not ComponentType.FUNCTION and kind not in services_of(cloud).own:
        return kind_of.value
    return "own function" if has_code(kind) else "function (no code yet)"


def _node(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

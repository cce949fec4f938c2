"""The planner's tables as text for documents: a flow chart of connectors and a matrix of components per cloud. Pure."""

from collections.abc import Iterable

from twin2multicloud.domain.components import KINDS, ComponentType, has_code
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.planning.clouds import known_clouds, label_of
from twin2multicloud.planning.connector_rules import BOUNDARIES, TABLE
from twin2multicloud.planning.services import services_of

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
    rows = ([row.name, row.same.says, row.different.says if row.different else ""] for row in BOUNDARIES)
    return _table(["boundary", "on one cloud", "on two"], rows)


def matrix() -> str:
    """Every component and what it is on each cloud, as a Markdown table."""
    clouds = known_clouds()
    rows = (
        [kind, str(info.slot or _ERROR_PATH), *(_made_of(kind, cloud) for cloud in clouds), info.purpose]
        for kind, info in KINDS.items()
    )
    return _table(["component", "slot", *map(label_of, clouds), "what it does"], rows)


def _made_of(kind: str, cloud: Cloud) -> str:
    kind_of = KINDS[kind].type
    if kind_of is not ComponentType.FUNCTION and kind not in services_of(cloud).own:
        return kind_of.value
    return "function of ours" if has_code(kind) else "function (no code yet)"


def _node(name: str) -> str:
    return name.replace("-", "_")


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

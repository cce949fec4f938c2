"""The difference between two plans, as a value: what comes, what goes, what changes. Derives no plan."""

import msgspec

from twin2multicloud.planning.topology import Component, Topology


class PlanDifference(msgspec.Struct, frozen=True):
    """The ids of components that one plan has and the other has not, and of those that differ, in plan order.

    Why a component exists is no difference: `reason` and `row` are for people.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.added or self.removed or self.changed)

    @property
    def lines(self) -> tuple[str, ...]:
        """``+ aws.hot-writer``, ``− gcp.hot-store``, ``~ azure.persister``: a line for each component."""
        signs = (("+", self.added), ("−", self.removed), ("~", self.changed))
        return tuple(f"{sign} {each}" for sign, ids in signs for each in ids)


def difference(before: Topology, after: Topology) -> PlanDifference:
    """What changes between two plans of a twin."""
    return PlanDifference(
        added=tuple(each.id for each in after.components if each.id not in before),
        removed=tuple(each.id for each in before.components if each.id not in after),
        changed=tuple(
            each.id for each in after.components if each.id in before and _works(each) != _works(before[each.id])
        ),
    )


def _works(component: Component) -> Component:
    return msgspec.structs.replace(component, reason="", row="")

"""What the published model chooses: the artifact's greedy rule and the true minimum. Owns both; owns no formula."""

from itertools import product

import msgspec

from twin2multicloud.costs.paper import CLOUDS, Components, PaperCloud, components, published_key
from twin2multicloud.costs.workload import Workload

_LABELS = {"aws": "AWS", "azure": "Azure"}
_SAME_COST = 1e-12
"""Two paths cost the same when they differ by less than this share: sums in another order differ in the last bit."""


class Path(msgspec.Struct, frozen=True, rename=published_key):
    """The paper's seven choices. L3 always follows hot: its cost is the same on both clouds."""

    l1: PaperCloud
    l2_hot: PaperCloud
    l2_cool: PaperCloud
    l2_archive: PaperCloud
    l3: PaperCloud
    l4: PaperCloud
    l5: PaperCloud

    def banner(self) -> str:
        """The line that the artifact shows."""
        l1, hot, cool, archive, l3, l4, l5 = (_LABELS[each] for each in msgspec.structs.astuple(self))
        return f"L1_{l1} -> L2_{hot}_Hot -> L2_{cool}_Cool -> L2_{archive}_Archive -> L3_{l3} -> L4_{l4} -> L5_{l5}"


class Greedy(msgspec.Struct, frozen=True):
    """What the artifact answers."""

    path: Path
    banner: str
    cost: float


class Exhaustive(msgspec.Struct, frozen=True):
    """The true minimum, by enumeration."""

    path: Path
    cost: float
    equal_cost_alternatives: int
    evaluated: int


class PaperResult(msgspec.Struct, frozen=True):
    """The answer for one workload, in the structure of the published scenarios."""

    workload: Workload
    components: Components
    single_cloud: dict[str, float | None]
    greedy: Greedy
    exhaustive: Exhaustive
    greedy_excess: float


def solve(workload: Workload) -> PaperResult:
    """Every figure and both choices for one workload."""
    c = components(workload)
    path = greedy_path(c, needs_3d=workload.needs_3d)
    greedy = Greedy(path=path, banner=path.banner(), cost=path_cost(c, path))
    best = exhaustive(c)
    return PaperResult(
        workload=workload,
        components=c,
        single_cloud={cloud: _single(c, cloud) for cloud in CLOUDS},
        greedy=greedy,
        exhaustive=best,
        greedy_excess=greedy.cost - best.cost,
    )


def path_cost(c: Components, p: Path) -> float:
    """Total of a path: its nodes and its three edges. Raises ValueError where L4 is not available there."""
    l4 = c.l4[p.l4]
    if l4 is None:
        raise ValueError("Azure Digital Twins has no 3D view")
    nodes = c.l1[p.l1] + c.l2_hot[p.l2_hot] + c.l2_cool[p.l2_cool] + c.l2_archive[p.l2_archive] + c.l3[p.l3]
    return nodes + l4 + c.l5[p.l5] + sum(edges(c, p))


def edges(c: Components, p: Path) -> tuple[float, float, float]:
    """What the three transfers of a path cost."""
    return (
        c.transfer["L1>hot"][f"{p.l1}>{p.l2_hot}"],
        c.transfer["hot>cool"][f"{p.l2_hot}>{p.l2_cool}"],
        c.transfer["cool>archive"][f"{p.l2_cool}>{p.l2_archive}"],
    )


def _single(c: Components, cloud: PaperCloud) -> float | None:
    return None if c.l4[cloud] is None else path_cost(c, Path(*[cloud] * 7))


def exhaustive(c: Components) -> Exhaustive:
    """The minimum over all assignments; of equal ones the first, with AWS before Azure slot by slot."""
    l4_homes = [cloud for cloud in CLOUDS if c.l4[cloud] is not None]
    paths = [
        Path(l1, hot, cool, archive, hot, l4, l5)
        for l1, hot, cool, archive, l4, l5 in product(CLOUDS, CLOUDS, CLOUDS, CLOUDS, l4_homes, CLOUDS)
    ]
    costs = [path_cost(c, path) for path in paths]
    best = min(costs)
    equal = [path for path, cost in zip(paths, costs, strict=True) if cost - best <= _SAME_COST * best]
    return Exhaustive(path=equal[0], cost=best, equal_cost_alternatives=len(equal) - 1, evaluated=len(paths))


def greedy_path(c: Components, *, needs_3d: bool) -> Path:
    """The artifact's rule: storage first and alone, then L1 against it, L4 and L5 each alone."""
    hot, cool, archive = min(product(CLOUDS, repeat=3), key=lambda path: _storage_cost(c, *path))
    aws = c.l1["aws"] + c.transfer["L1>hot"][f"aws>{hot}"]
    azure = c.l1["azure"] + c.transfer["L1>hot"][f"azure>{hot}"]
    l4_aws, l4_azure = c.l4["aws"], c.l4["azure"]
    azure_l4 = not needs_3d and l4_aws is not None and l4_azure is not None and l4_azure < l4_aws
    return Path(
        l1="aws" if aws < azure else "azure",
        l2_hot=hot,
        l2_cool=cool,
        l2_archive=archive,
        l3=hot,
        l4="azure" if azure_l4 else "aws",
        l5="aws" if c.l5["aws"] < c.l5["azure"] else "azure",
    )


def _storage_cost(c: Components, hot: PaperCloud, cool: PaperCloud, archive: PaperCloud) -> tuple[float, PaperCloud]:
    nodes = c.l2_hot[hot] + c.l2_cool[cool] + c.l2_archive[archive]
    edges = c.transfer["hot>cool"][f"{hot}>{cool}"] + c.transfer["cool>archive"][f"{cool}>{archive}"]
    return nodes + edges, archive  # a tie at archive goes to AWS

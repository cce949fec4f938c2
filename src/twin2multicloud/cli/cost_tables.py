"""Costs as Rich tables and as CSV. Owns columns and amount formats; computes nothing."""

import csv
import io
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from twin2multicloud.cli.console import cloud_text, make_table
from twin2multicloud.costs.moving import Move
from twin2multicloud.costs.optimizer import Candidate, Result
from twin2multicloud.costs.paper_choice import PaperResult
from twin2multicloud.costs.paper_tables import PRESETS, TableRow
from twin2multicloud.costs.project_workload import DerivedFigure
from twin2multicloud.costs.sensitivity import Flip
from twin2multicloud.domain.placement import Placement, Slot
from twin2multicloud.planning.clouds import pack


def usd(amount: float) -> str:
    """Two decimals, with thousands apart."""
    return f"{amount:,.2f}"


def slots_table(result: Result) -> Table:
    """The winner slot by slot, each with its runner-up."""
    title = "the cheapest placement, USD per month"
    table = make_table(title, "slot", "", "cloud", ">cost", "runner-up", ">dearer by", unwrapped=3)
    runner_ups = {each.slot: each for each in result.runner_ups}
    for slot in Slot:
        second = runner_ups.get(slot)
        table.add_row(
            slot.value,
            Text(slot.label, style="dim"),
            cloud_text(result.placement[slot]),
            usd(result.breakdown.by_place[slot.value]),
            placement_text(second.placement) if second else Text("cannot move", style="dim"),
            usd(second.difference) if second else "",
        )
    for place, cost in result.breakdown.by_place.items():
        if place not in {slot.value for slot in Slot}:
            table.add_row(place, Text("crossing", style="magenta"), "", usd(cost), "", "")
    table.add_section()
    table.add_row(Text("total", style="bold"), "", "", Text(usd(result.total), style="bold"), "", "")
    return table


def placement_text(placement: Placement) -> Text:
    """Seven short names in slot order, each in its cloud's colour."""
    text = Text()
    for slot in Slot:
        text.append(placement[slot], style=pack(placement[slot]).style)
        text.append(" ")
    return text


def lines_table(result: Result) -> Table:
    """Every meter of the winner, dearest first."""
    table = make_table("by meter", "for", "cloud", "meter", ">quantity", "of", ">cost", unwrapped=3)
    for line in sorted(result.breakdown.lines, key=lambda each: -each.cost):
        table.add_row(
            line.place, cloud_text(line.cloud), line.meter, f"{line.quantity:,.2f}", line.unit, usd(line.cost)
        )
    return table


def tiers_table(result: Result) -> Table:
    """The object stores of the winner: what they hold, and each reason that they are billed for."""
    table = make_table("object stores", "store", "class", "holds", "billed for", ">quantity", "of", ">cost")
    for tier in result.breakdown.tiers:
        held = f"{tier.objects:,.0f} objects, {tier.gb:,.2f} GB"
        head: tuple[str | Text, ...] = (tier.slot.value, Text(tier.storage_class, style=pack(tier.cloud).style), held)
        for part in tier.parts:
            table.add_row(*head, part.reason, f"{part.quantity:,.2f}", part.short_unit, usd(part.cost))
            head = ("", "", "")
        table.add_section()
    return table


def variants_table(result: Result) -> Table:
    """Services that can be bought in several ways: what was taken, and what else there was."""
    table = make_table("service variants", "cloud", "service", "taken", ">cost", "instead of")
    for each in result.breakdown.chosen:
        note = f" ({each.taken.note})" if each.taken.note else ""
        others = ", ".join(f"{other.name} {usd(other.cost)}" for other in each.others)
        table.add_row(
            cloud_text(each.cloud), each.taken.service, f"{each.taken.name}{note}", usd(each.taken.cost), others
        )
    return table


def baselines_table(result: Result) -> Table:
    """Each cloud alone, and what the winner saves against it."""
    table = make_table("one cloud alone", "cloud", ">total", ">saved", ">")
    for cloud, total in result.single_cloud.items():
        if total is None:
            table.add_row(cloud_text(cloud), Text("no 3D view", style="dim"), "", "")
        else:
            saved = total - result.total
            table.add_row(cloud_text(cloud), usd(total), usd(saved), f"{saved / total * 100:.1f} %")
    return table


def batching_table(result: Result) -> Table:
    """The effect of messages per request on the cost."""
    table = make_table("messages per request", ">messages", ">this placement", ">best placement", "where")
    for each in result.batching:
        table.add_row(str(each.messages_per_request), usd(each.total), usd(each.best_total), placement_text(each.best))
    return table


def pareto_table(front: Sequence[Candidate]) -> Table:
    """The Pareto front of cost, latency and carbon."""
    table = make_table("Pareto front", ">USD per month", ">ms to the dashboard", ">kg CO2e per month", "placement")
    for each in front:
        table.add_row(
            usd(each.total), f"{each.latency_ms:,.0f}", f"{each.carbon_kg:,.2f}", placement_text(each.placement)
        )
    return table


def flips_table(flips: Sequence[Flip], title: str) -> Table:
    """The changes that alter the choice, smallest first."""
    table = make_table(title, "figure", ">changes to", ">by", "then the cheapest is")
    for each in flips:
        change = f"{(each.factor - 1) * 100:+.1f} %"
        table.add_row(each.figure, f"{each.value:,.6g}", change, placement_text(each.placement))
    if not flips:
        table.caption = "nothing between a tenth and ten times its figure flips the choice"
    return table


def move_table(move: Move) -> Table:
    """What leaving the present placement costs once."""
    title = "moving from the present placement, once"
    table = make_table(title, "store", "from", "to", ">GB", ">reading", ">egress", ">writing", ">cost")
    for each in move.slots:
        table.add_row(
            each.slot.value,
            cloud_text(each.source),
            cloud_text(each.target),
            f"{each.gb:,.1f}",
            usd(each.reading),
            usd(each.egress),
            usd(each.writing),
            usd(each.cost),
        )
    months = "never" if move.break_even_months is None else f"after {move.break_even_months:,.1f} months"
    table.caption = f"{usd(move.cost)} once, {usd(move.monthly_saving)} saved a month: pays {months}"
    return table


def derived_text(derived: Sequence[DerivedFigure]) -> Text:
    """One line: the figures that the project supplied."""
    return Text("derived from the project: " + ", ".join(map(str, derived)), style="dim")


def paper_table(name: str, result: PaperResult) -> Table:
    """The published model's components for one workload."""
    c = result.components
    table = make_table(f"{name}: the published model, USD per month", "layer", ">AWS", ">Azure")
    layers = ("L1", c.l1), ("L2 hot", c.l2_hot), ("L2 cool", c.l2_cool), ("L2 archive", c.l2_archive), ("L3", c.l3)
    for layer, costs in layers:
        table.add_row(layer, usd(costs["aws"]), usd(costs["azure"]))
    table.add_row("L4", *("–" if (cost := c.l4[cloud]) is None else usd(cost) for cloud in ("aws", "azure")))
    table.add_row("L5", usd(c.l5["aws"]), usd(c.l5["azure"]))
    return table


def paper_choice_text(result: PaperResult) -> str:
    """What the published model chooses, and the true minimum."""
    greedy, best = result.greedy, result.exhaustive
    return (
        f"published choice: {usd(greedy.cost)}  {greedy.banner}\n"
        f"true minimum:     {usd(best.cost)}  {best.path.banner()}"
    )


def paper_scenarios_table() -> Table:
    """The paper's Table VII: its three scenarios."""
    table = make_table("Table VII: the paper's scenarios", "figure", *(f">{name}" for name in PRESETS))
    first = next(iter(PRESETS.values()))
    for figure in first.__struct_fields__[:12]:
        table.add_row(figure, *(f"{getattr(workload, figure):g}" for workload in PRESETS.values()))
    return table


def paper_totals_table(rows: Sequence[TableRow]) -> Table:
    """The paper's Table VIII beside ours."""
    figures = (">paper", ">ours, exact", ">ours, cents added", ">layer minima")
    table = make_table("Table VIII: totals, USD per month", "scenario", "figure", *figures)
    for row in rows:
        minima = "" if row.layer_minima is None else usd(row.layer_minima)
        table.add_row(row.scenario, row.figure, usd(row.printed), usd(row.exact), usd(row.from_cents), minima)
    return table


def lines_csv(result: Result) -> str:
    """Every meter of the winner, one a line, unrounded."""
    columns = ("place", "cloud", "meter", "quantity", "unit", "usd_per_month")
    lines = ((x.place, x.cloud, x.meter, x.quantity, x.unit, x.cost) for x in result.breakdown.lines)
    return _csv(columns, *lines)


def paper_csv(results: dict[str, PaperResult]) -> str:
    """The published model's totals, one workload a line, unrounded."""
    lines: list[tuple[object, ...]] = []
    for name, each in results.items():
        single, best = each.single_cloud, each.exhaustive
        chosen = (each.greedy.cost, each.greedy.banner, best.cost, best.path.banner())
        lines.append((name, single["aws"], single["azure"], *chosen))
    return _csv(("id", "aws", "azure", "greedy", "greedy_path", "exhaustive", "exhaustive_path"), *lines)


def _csv(*rows: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

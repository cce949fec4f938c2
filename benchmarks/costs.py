"""The cost optimizer: all placements of a workload, whole answers, the map, and the published model beside JavaScript.

The published artifact computes one workload per turn of a warm loop, in the browser's or node's JavaScript. `_SCRIPT`
is our own transcription of its formulas (``shared/optimizer/cost_model.md``), run the same way in node, where node is
there; its results are held against ours, so that both columns time the same work.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec
from tests.rigs.clouds import ALL

from benchmarks.report import Result, Section
from twin2multicloud.costs.break_even import Axes, break_even_map
from twin2multicloud.costs.cost_table import cost_table
from twin2multicloud.costs.optimizer import optimize
from twin2multicloud.costs.paper_choice import solve
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.prices import PriceBook
from twin2multicloud.costs.sensitivity import price_flips, workload_flips
from twin2multicloud.costs.traffic import Traffic

_FIRST = """
import time
from twin2multicloud.costs.cost_table import cost_table
from twin2multicloud.costs.paper_tables import PRESETS
from twin2multicloud.costs.traffic import Traffic
from twin2multicloud.domain.placement import Cloud
book = PriceBook.shipped()
begun = time.perf_counter()
cost_table(Traffic.of(PRESETS["medium"]), book, ALL)
print((time.perf_counter() - begun) * 1000)
"""


def measure(*, quick: bool = False) -> dict[str, Section]:
    """Every row of this file."""
    book, medium = PriceBook.shipped(), PRESETS["medium"]
    first = min(float(_run([sys.executable, "-c", _FIRST])) for _ in range(1 if quick else 5))
    table = _best_ms(lambda: cost_table(Traffic.of(medium), book, ALL), 5 if quick else 50)
    answer = _best_ms(lambda: optimize(medium, book), 1 if quick else 10)
    steps = 6 if quick else 24
    one_map = _best_ms(lambda: break_even_map(medium, book, Axes(steps=steps)), 1 if quick else 3)
    flips = _best_ms(lambda: (price_flips(medium, book), workload_flips(medium, book)), 1)
    ours = [
        Result("all 2,187 placements and their variants, first call after import", f"{first:.1f} ms", "10 ms"),
        Result("the same, warm", f"{table:.1f} ms", "10 ms"),
        Result("a whole answer (breakdown, runner-ups, five batch sizes)", f"{answer:.0f} ms"),
        Result(f"break-even map of {steps} x {steps} workloads", f"{one_map / 1000:.2f} s", "10 s"),
        Result("what flips the choice, all prices and figures", f"{flips / 1000:.1f} s"),
    ]
    return {"costs": ours, "costs: the published model, one workload per turn of a warm loop": _published()}


def _published() -> list[Result]:
    turns, figures = 20_000, [msgspec.to_builtins(workload) for workload in PRESETS.values()]
    python = _best_ms(lambda: solve(PRESETS["medium"]), 300) * 1000
    rows = [Result("Python: components, greedy and all 64 assignments", f"{python:,.0f} µs")]
    node = shutil.which("node")
    if node is None:
        return [*rows, Result("node", "not installed here")]
    said = json.loads(_run([node, "-e", _SCRIPT, json.dumps({"workloads": figures, "turns": turns})]))
    for workload, (greedy, best) in zip(PRESETS.values(), said["costs"], strict=True):
        expected = solve(workload)
        if max(abs(greedy / expected.greedy.cost - 1), abs(best / expected.exhaustive.cost - 1)) > 1e-9:
            raise RuntimeError(f"node says {greedy}, {best} where Python says {expected.greedy}, {expected.exhaustive}")
    return [
        *rows,
        Result(f"node {said['version']}: components and greedy (the artifact's way)", f"{said['greedy_us']:.1f} µs"),
        Result(f"node {said['version']}: components and all 64 assignments", f"{said['exhaustive_us']:.1f} µs"),
    ]


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def _best_ms(work: Callable[[], object], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best * 1000


_SCRIPT = r"""
const {workloads, turns} = JSON.parse(process.argv[1]);
const climb = (left, tiers) => { let cost = 0;
  for (const [width, price] of tiers) { cost += Math.min(left, width) * price; left -= width; if (left <= 0) break; }
  return cost; };
const IOT = [[1e9, 1e-6], [4e9, 0.8e-6], [Infinity, 0.7e-6]];
const OUT = {aws: [[100, 0], [10240, .09], [51200, .085], [102400, .07], [Infinity, .05]],
  azure: [[100, 0], [10240, .08], [40960, .065], [102400, .06], [Infinity, .04]]};
function components(w) {
  const M = Math.ceil(w.devices * (1 / w.interval_min) * 60 * 24 * 30), N = w.devices * (60 / w.interval_min) * 730;
  const K = w.message_kb, G = N * K / 1048576, Q = w.active_hours_per_day * w.refreshes_per_hour * 30;
  const H = w.hot_months, C = w.cool_months, A = w.archive_months, D = w.devices;
  const ma = K <= 5 ? M : M * Math.ceil(K / 5), mz = K <= 4 ? M : M * Math.ceil(K / 4);
  const [q, p] = mz <= 120e6 ? [12e6, 25] : mz <= 1.8e9 ? [180e6, 250] : [9e9, 2500];
  const S = G * (H + .5), free = 25 * H, f = 1 + .05 * (K - 1), rate = N / 2592000;
  const ru = Math.max(400, Math.ceil(rate * f + rate * 10)), n = Math.ceil(1024 * G / 100);
  const l3 = .2e-6 * Math.max(N - 1e6, 0) + 16.6667e-6 * Math.max(N * .1 * .125 - 4e5, 0);
  const u = D < 100 ? 15 : D < 10000 ? 1500 : 4000, a = climb(G, OUT.aws), z = climb(G, OUT.azure);
  const cross = {aws: {aws: 0, azure: a}, azure: {aws: z, azure: 0}};
  return {l1: {aws: .0035 * D + 2 * .15e-6 * ma + climb(ma, IOT), azure: p * Math.max(1, Math.ceil(mz / q))},
    hot: {aws: .625e-6 * N * K + .125e-6 * N / 2 + (S <= free ? 0 : Math.ceil((S - free) * .25)),
      azure: .0584 * ru + .25 * S},
    cool: {aws: .0126 * G * C + .00002 * n + .01 * (.1 * G * C + G), azure: .015 * G * C + .0000101 * n + .011 * G},
    archive: {aws: .00099 * G * A + .0001 * G + .000025 * G * A, azure: .00099 * G * A + .000013 * G + .0002 * G * A},
    l3, l4: {aws: .05 * (w.needs_3d ? w.entities : 0) + 1.5e-6 * M + .00005 * Q,
      azure: w.needs_3d ? Infinity : 2.5e-6 * M + 2.5e-6 * Math.ceil(K) * Q + .5e-6 * u * Q},
    l5: {aws: 9 * w.editors + 5 * w.viewers, azure: 6 * (w.editors + w.viewers) + .069 * 730}, cross,
    tocool: {aws: {aws: .1 * G, azure: a}, azure: {aws: .05 * G + z, azure: .05 * Math.max(G - 5, 0)}}};
}
const P = ["aws", "azure"];
const total = (c, l1, h, k, r, l4, l5) => c.l1[l1] + c.hot[h] + c.cool[k] + c.archive[r] + c.l3 + c.l4[l4] + c.l5[l5]
  + c.cross[l1][h] + c.tocool[h][k] + c.cross[k][r];
function greedy(c) { let best = Infinity, path;
  for (const h of P) for (const k of P) for (const r of P) {
    const cost = c.hot[h] + c.tocool[h][k] + c.cool[k] + c.cross[k][r] + c.archive[r];
    if (cost < best || cost === best && r === "aws") { best = cost; path = [h, k, r]; } }
  const l1 = c.l1.aws + c.cross.aws[path[0]] < c.l1.azure + c.cross.azure[path[0]] ? "aws" : "azure";
  return total(c, l1, ...path, c.l4.azure < c.l4.aws ? "azure" : "aws", c.l5.aws < c.l5.azure ? "aws" : "azure"); }
function exhaustive(c) { let best = Infinity;
  for (const a of P) for (const b of P) for (const d of P) for (const e of P) for (const f of P) for (const g of P)
    best = Math.min(best, total(c, a, b, d, e, f, g));
  return best; }
function loop(choose) { let sum = 0;
  for (let i = 0; i < 2000; i++) sum += choose(components(workloads[i % workloads.length]));
  const begun = process.hrtime.bigint();
  for (let i = 0; i < turns; i++) sum += choose(components(workloads[i % workloads.length]));
  return [Number(process.hrtime.bigint() - begun) / 1000 / turns, sum]; }
console.log(JSON.stringify({version: process.version, greedy_us: loop(greedy)[0], exhaustive_us: loop(exhaustive)[0],
  costs: workloads.map(w => [greedy(components(w)), exhaustive(components(w))])}));
"""

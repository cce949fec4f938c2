"""Draws docs/images/grafana_pattern_b.svg: ``python -m tests.golden.grafana.picture``.

A day of the smart-home example is simulated, published to emulated clouds and asked for by the panels' own queries.
What is drawn are their rows; the look is not Grafana's.
"""

from datetime import UTC, datetime, timedelta
from html import escape
from itertools import takewhile
from pathlib import Path

from tests.rigs.grafana import RigGrafana, Row
from twin2multicloud.dashboards.provisioning import provisioning
from twin2multicloud.emulator.host.deployment import load_secrets
from twin2multicloud.fleet.simulation import simulate
from twin2multicloud.operations.emulation import Emulation
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.wire.http_transport import HttpTransport

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "docs" / "images" / "grafana_pattern_b.svg"
DEVICE = "living-room-climate"
WIDTH, HEIGHT, GAP = 420, 150, 16


def answers() -> list[tuple[dict, list[Row]]]:
    """The panels of one device with their rows."""
    project = load_project(ROOT / "examples" / "smart-home")
    end = datetime.now(UTC)
    start, transport = end - timedelta(hours=24), HttpTransport()
    source = simulate(project.twin.catalog, seed=1, start=start, step=timedelta(minutes=5), devices=[DEVICE])
    readings = list(takewhile(lambda each: each["timestamp"] < end.isoformat(), source))
    with Emulation(project) as running:
        running.publish(DEVICE, *readings)
        running.settle()
        urls = {component.partition(".")[2]: url for component, url in running.urls.items()}
        token = load_secrets(Path(running._deployment.folder)).token
        made = provisioning(project.twin, plan(project.twin), urls)
        grafana = RigGrafana(made, {"INTER_CLOUD_TOKEN": token}, transport)
        board = next(each for each in grafana.dashboards if each["title"].endswith(f"/ {DEVICE}"))
        asked = [(each, grafana.ask(each["targets"][0], {}, start, end, backend=False)) for each in board["panels"]]
        transport.close()
    return asked


def drawn(asked: list[tuple[dict, list[Row]]]) -> str:
    """The panels, two in a line, as SVG."""
    lines = -(-len(asked) // 2)
    size = 2 * (WIDTH + GAP) + GAP, lines * (HEIGHT + GAP) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" font-family="sans-serif">',
        f'<rect width="{size[0]}" height="{size[1]}" fill="#f4f5f5"/>',
    ]
    for place, (panel, rows) in enumerate(asked):
        x, y = GAP + place % 2 * (WIDTH + GAP), GAP + place // 2 * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({x},{y})"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>')
        parts.append(f'<text x="10" y="20" font-size="13" fill="#222">{escape(panel["title"])}</text>')
        parts += _line(panel, rows) if panel["type"] == "timeseries" else _texts(panel, rows)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(panel: dict, rows: list[Row]) -> list[str]:
    values = [row[panel["title"]] for row in rows]
    low, high = min(values), max(values)
    first, last = rows[0]["time"], rows[-1]["time"]
    points = (
        f"{60 + (WIDTH - 80) * ((row['time'] - first) / (last - first)):.1f},"
        f"{HEIGHT - 30 - (HEIGHT - 70) * (value - low) / ((high - low) or 1):.1f}"
        for row, value in zip(rows, values, strict=True)
    )
    unit = panel["fieldConfig"]["defaults"]["unit"]
    return [
        f'<polyline points="{" ".join(points)}" fill="none" stroke="#3d71d9" stroke-width="1.2"/>',
        _text(10, 44, f"{high:g}"),
        _text(10, HEIGHT - 28, f"{low:g}"),
        _text(60, HEIGHT - 10, f"{first:%H:%M} – {last:%H:%M} UTC, {len(rows)} values, {unit}"),
    ]


def _texts(panel: dict, rows: list[Row]) -> list[str]:
    if panel["type"] == "state-timeline":
        return [_text(10, 50, f"{len(rows)} values, the latest {list(rows[-1].values())[-1]}")] if rows else []
    shown = [", ".join(f"{name} {_short(value)}" for name, value in row.items()) for row in rows]
    return [_text(10, 44 + 17 * line, text) for line, text in enumerate(shown[:6])]


def _short(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M:%S}"
    return f"{value:.0f} s" if isinstance(value, float) else str(value)


def _text(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="11" fill="#555">{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(drawn(answers()), encoding="utf-8")

"""Exports that are kept, one per pattern: the provisioning folders, each as one file by the paths in it."""

from pathlib import Path

import msgspec

from tests.golden.cases import CASES as PLANS
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.twins import twin
from twin2multicloud.dashboards.provisioning import provisioning
from twin2multicloud.domain.components import Kind
from twin2multicloud.domain.placement import Cloud, Placement, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.planning.planner import plan

KEPT = Path(__file__).parent
URLS = {
    Kind.HOT_READER: "https://reader.example/hot-reader",
    Kind.HOT_READER_LAST_ENTRY: "https://reader.example/hot-reader-last-entry",
}


def _on(**slots: Cloud) -> Twin:
    where = dict.fromkeys(Slot, AWS) | {Slot[name]: cloud for name, cloud in slots.items()}
    return twin(Placement.of(where), events=True)


CASES: dict[str, Twin] = {
    "a-twinmaker-plugin": _on(),
    "b-hot-readers": PLANS["grafana-elsewhere-on-hot-store"],
    "c-twinmaker-sigv4": _on(L5=GCP),
    "c-digital-twins-oauth2": _on(L4=AZURE),
}


def rendered(name: str) -> str:
    """An export as text."""
    described = CASES[name]
    made = provisioning(described, plan(described), URLS)
    files = {path: msgspec.json.decode(text) for path, text in made.files().items()}
    return msgspec.json.format(msgspec.json.encode(files), indent=1).decode() + "\n"


def regenerate() -> None:
    """Write the kept exports anew."""
    for name in CASES:
        (KEPT / f"{name}.json").write_text(rendered(name), encoding="utf-8")

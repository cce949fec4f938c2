"""The project's own graph in an emulated Azure Digital Twins instance, by the requests that a deployed one gets."""

from collections.abc import Mapping
from typing import Any

from twin2multicloud.emulator.l4.digital_twins_graph import MODELS, DigitalTwinsGraph
from twin2multicloud.emulator.l4.documents import Documents
from twin2multicloud.models.dtdl_changes import Change, Instance, changes


def publish(graph: DigitalTwinsGraph, documents: Documents, exported: Mapping[str, Any]) -> None:
    """Bring the instance to what an export says (`models.dtdl.write`). Raises ServiceError."""
    models = [each["model"] for each in documents.all(MODELS)]
    there = Instance(models, graph.twins(), graph.all_relationships())
    for each in changes(exported, there):
        _apply(graph, each)


def _apply(graph: DigitalTwinsGraph, change: Change) -> None:
    body = change.body
    match change.method, *change.path:
        case "POST", "models":
            graph.add_models(body)
        case "DELETE", "models", model_id:
            graph.delete_model(model_id)
        case "PUT", "digitaltwins", twin_id:
            graph.put_twin(twin_id, dict(body), only_new=change.only_new)
        case "PATCH", "digitaltwins", twin_id:
            graph.patch_twin(twin_id, body)
        case "DELETE", "digitaltwins", twin_id:
            graph.delete_twin(twin_id)
        case "PUT", "digitaltwins", twin_id, _, edge_id:
            graph.put_relationship(twin_id, edge_id, dict(body), only_new=change.only_new)
        case "DELETE", "digitaltwins", twin_id, _, edge_id:
            graph.delete_relationship(twin_id, edge_id, None)

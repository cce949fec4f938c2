"""Values through connectors: what these are asked, and what becomes of their failures."""

from typing import Any

import pytest

from tests.rigs.twinmaker_client import READER, WRITER, Functions
from twin2multicloud.domain.errors import FinalError, RetryableError

SPAN = {"startTime": "2026-01-15T09:30:00Z", "endTime": "2026-01-15T10:30:00Z"}


class TestValues:
    def test_current_ones(self, factory: Any, functions: Functions) -> None:
        functions.answer = {"propertyValues": {"rpm": {"propertyValue": {"doubleValue": 50.0}}}}
        got = factory.get_property_value(
            workspaceId="factory", entityId="m1", componentName="mixer", selectedProperties=["rpm", "maker"]
        )["propertyValues"]
        assert {name: each["propertyValue"] for name, each in got.items()} == {
            "rpm": {"doubleValue": 50.0},
            "maker": {"stringValue": "ACME"},
        }
        ((arn, request),) = functions.asked
        assert (arn, request["selectedProperties"]) == (READER, ["rpm"])
        assert request["properties"]["deviceId"]["value"] == {"stringValue": "d1"}

    def test_a_tag_that_is_written_reaches_the_writer(self, factory: Any, functions: Functions) -> None:
        functions.answer = {}
        entry = {
            "entityPropertyReference": {"entityId": "m1", "componentName": "mixer", "propertyName": "rpm"},
            "propertyValues": [{"time": "2026-01-15T10:00:00Z", "value": {"doubleValue": 3.5}}],
        }
        static = {**entry, "entityPropertyReference": {**entry["entityPropertyReference"], "propertyName": "maker"}}
        got = factory.batch_put_property_values(workspaceId="factory", entries=[entry, static])
        ((error,),) = [each["errors"] for each in got["errorEntries"]]
        assert (error["errorCode"], error["entry"]) == ("ValidationException", static)
        ((arn, request),) = functions.asked
        assert (arn, request["entries"]) == (WRITER, [entry])

    def test_failures_of_connectors(self, factory: Any, functions: Functions) -> None:
        asked = {"workspaceId": "factory", "entityId": "m1", "componentName": "mixer", "selectedProperties": ["rpm"]}
        functions.answer = RetryableError("slow")
        with pytest.raises(factory.exceptions.ConnectorTimeoutException):
            factory.get_property_value(**asked)
        functions.answer = FinalError("broken")
        with pytest.raises(factory.exceptions.ConnectorFailureException):
            factory.get_property_value_history(**asked, **SPAN)

    def test_a_type_without_a_reader(self, client: Any) -> None:
        client.create_component_type(
            workspaceId="factory",
            componentTypeId="alone",
            propertyDefinitions={"n": {"dataType": {"type": "LONG"}, "isTimeSeries": True}},
        )
        with pytest.raises(client.exceptions.ValidationException, match="has no function dataReader"):
            client.get_property_value_history(
                workspaceId="factory", componentTypeId="alone", selectedProperties=["n"], **SPAN
            )

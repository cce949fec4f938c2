"""ExecuteQuery: the forms that AWS's samples and their applications send, and what is refused."""

from typing import Any

import pytest

from tests.rigs.twinmaker_client import MIXER

QUERIES = [
    ("SELECT e FROM EntityGraph MATCH (e) WHERE e.entityId = 'm1' OR e.entityId = 'm2'", ["m2", "m1"]),
    ("SELECT e FROM EntityGraph MATCH (e) WHERE e.entityName LIKE '%ixer%'", ["m2", "m1"]),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e) WHERE e.entityId IN ('m1', 'line') ORDER BY e.entityId",
        ["line", "m1"],
    ),
    ("SELECT e.entityId FROM EntityGraph MATCH (e) WHERE NOT e.entityName LIKE 'Mixer _' LIMIT 1", ["line"]),
    ("SELECT e2.entityId FROM EntityGraph MATCH (e)-[:feeds]->(e2)", ["m2"]),
    ("SELECT e.entityId FROM EntityGraph MATCH (root)<-{1,}(e) WHERE root.entityId = 'line'", ["m2", "m1"]),
    (
        "SELECT b.entityId FROM EntityGraph MATCH (a)<-[:isChildOf]-(m)-[r1]-(b) "
        "WHERE r1.relationshipName != 'isChildOf'",
        ["m1", "m2"],
    ),
    ("SELECT b.entityId FROM EntityGraph MATCH (a)-[]-{1,5}(b) WHERE a.entityId = 'line'", ["m2", "m1"]),
    (
        "SELECT DISTINCT b.entityId FROM EntityGraph MATCH (a)-[]-(b) WHERE a.entityId = 'm1' ORDER BY b.entityId DESC",
        ["m2", "line"],
    ),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e), e.components AS c, c.properties AS p "
        "WHERE c.componentTypeId = 'com.example.mixer' AND p.propertyName = 'deviceId' AND p.propertyValue = 'd1'",
        ["m1"],
    ),
    (
        "SELECT e.entityId FROM EntityGraph MATCH (e), e.components AS c, c.properties AS p "
        "WHERE p.propertyName = 'rpm' AND p.propertyValue IS MISSING",
        ["m2", "m1"],
    ),
]


class TestQueries:
    @pytest.mark.parametrize(("statement", "found"), QUERIES)
    def test_the_corpus(self, factory: Any, statement: str, found: list[str]) -> None:
        rows = factory.execute_query(workspaceId="factory", queryStatement=statement)["rows"]
        cells = [row["rowData"][0] for row in rows]
        assert [each["entityId"] if isinstance(each, dict) else each for each in cells] == found

    def test_columns_and_what_they_hold(self, factory: Any) -> None:
        got = factory.execute_query(
            workspaceId="factory",
            queryStatement="SELECT a, r, b.entityId AS target FROM EntityGraph MATCH (a)-[r:feeds]->(b)",
        )
        assert got["columnDescriptions"] == [
            {"name": "a", "type": "NODE"},
            {"name": "r", "type": "EDGE"},
            {"name": "target", "type": "VALUE"},
        ]
        ((node, edge, target),) = [each["rowData"] for each in got["rows"]]
        assert node["entityName"] == "Mixer 1"
        held = {each["propertyName"]: each.get("propertyValue") for each in node["components"][0]["properties"]}
        assert held == {"deviceId": "d1", "rpm": None, "maker": "ACME", "feeds": [{"targetEntityId": "m2"}]}
        assert edge == {
            "relationshipName": "feeds",
            "sourceEntityId": "m1",
            "targetEntityId": "m2",
            "sourceComponentName": "mixer",
            "sourceComponentTypeId": MIXER,
        }
        assert target == "m2"

    def test_pages(self, factory: Any) -> None:
        asked = {"workspaceId": "factory", "queryStatement": "SELECT e.entityId FROM EntityGraph MATCH (e)"}
        first = factory.execute_query(**asked, maxResults=2)
        last = factory.execute_query(**asked, maxResults=2, nextToken=first["nextToken"])
        assert [each["rowData"][0] for each in (*first["rows"], *last["rows"])] == ["line", "m2", "m1"]
        assert "nextToken" not in last

    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            ("SELECT FROM EntityGraph MATCH (e)", "near 'EntityGraph MATCH \\('"),
            ("SELECT x FROM EntityGraph MATCH (e)", "no MATCH names 'x'"),
            ("SELECT e FROM EntityGraph MATCH (e) GROUP BY e", "near 'GROUP BY e'"),
            ("SELECT e FROM EntityGraph MATCH (e)-[r]-{1,3}(f)", "'r' is many edges"),
            ("DROP TABLE x", "near 'DROP TABLE x'"),
        ],
    )
    def test_what_is_no_query(self, factory: Any, statement: str, says: str) -> None:
        with pytest.raises(factory.exceptions.ValidationException, match=says):
            factory.execute_query(workspaceId="factory", queryStatement=statement)

    def test_the_basic_plan_has_no_queries(self, factory: Any) -> None:
        assert factory.update_pricing_plan(pricingMode="BASIC")["currentPricingPlan"]["pricingMode"] == "BASIC"
        with pytest.raises(factory.exceptions.ValidationException, match="needs the pricing mode STANDARD"):
            factory.execute_query(workspaceId="factory", queryStatement="SELECT e FROM EntityGraph MATCH (e)")

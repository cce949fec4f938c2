"""The checker bites: each way to spoil a good configuration is found, at its address, and nothing else is."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.golden.cases import CASES
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform import schemas
from twin2multicloud.terraform.render.render import render
from twin2multicloud.terraform.render.schema_check import Mismatch, mismatches

GOOD = render(plan(CASES["three-clouds-in-turn"]))
SCHEMAS = schemas.load()
LAMBDA, TABLE = "aws_lambda_function.dispatcher", "google_firestore_database.hot_store"


def resource(config: dict[str, Any], address: str) -> dict[str, Any]:
    kind, key = address.split(".")
    return config["resource"][kind][key]


def setting(address: str, **arguments: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: resource(config, address).update(arguments)


def renamed(config: dict[str, Any]) -> None:
    roles = config["resource"]["aws_iam_role"]
    roles["somebody"] = roles.pop("dispatcher")


def invented(config: dict[str, Any]) -> None:
    config["resource"]["aws_teapot"] = {"one": {}}


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], None], Mismatch]] = {
    "misspelt": (setting(LAMBDA, runtme="x"), Mismatch(LAMBDA, "runtme is not an argument")),
    "read-only": (setting(LAMBDA, arn="x"), Mismatch(LAMBDA, "arn is read-only")),
    "wrong type": (setting(LAMBDA, timeout="long"), Mismatch(LAMBDA, "timeout is number, found 'long'")),
    "number for text": (setting(LAMBDA, handler=1), Mismatch(LAMBDA, "handler is string, found 1")),
    "list of the wrong": (
        setting(LAMBDA, architectures=[1]),
        Mismatch(LAMBDA, "architectures is ['list', 'string'], found [1]"),
    ),
    "missing": (
        lambda config: resource(config, TABLE).pop("location_id"),
        Mismatch(TABLE, "location_id is required"),
    ),
    "two of one": (
        setting(LAMBDA, environment=[{}, {}]),
        Mismatch(f"{LAMBDA}.environment", "at most 1 are taken, found 2"),
    ),
    "no array": (setting(LAMBDA, environment={}), Mismatch(f"{LAMBDA}.environment", "an array is expected")),
    "inside a block": (
        setting(LAMBDA, environment=[{"varibles": {}}]),
        Mismatch(f"{LAMBDA}.environment[0]", "varibles is not an argument"),
    ),
    "dangling": (renamed, Mismatch(LAMBDA, "aws_iam_role.dispatcher is not declared")),
    "no such attribute": (
        setting(LAMBDA, description="${aws_iam_role.dispatcher.nmae}"),
        Mismatch(LAMBDA, "aws_iam_role has no attribute nmae"),
    ),
    "no such variable": (setting(LAMBDA, description="${var.nmae}"), Mismatch(LAMBDA, "var.nmae is not declared")),
    "waits for nobody": (
        setting(LAMBDA, depends_on=["aws_iam_role.nobody"]),
        Mismatch(LAMBDA, "waits for aws_iam_role.nobody, which is not declared"),
    ),
    "no such type": (invented, Mismatch("aws_teapot.one", "no schema has this type")),
    "a secret shown": (
        lambda config: config["output"].update(x={"value": "${random_password.inter_cloud_token.result}"}),
        Mismatch("output.x", "shows random_password.inter_cloud_token.result, which is a secret"),
    ),
}


def test_what_is_rendered_is_good():
    assert mismatches(GOOD, SCHEMAS) == []


@pytest.mark.parametrize("name", SPOILT)
def test_a_flaw_is_found(name):
    spoil, expected = SPOILT[name]
    config = copy.deepcopy(GOOD)
    spoil(config)
    assert expected in mismatches(config, SCHEMAS)


def test_every_argument_counts():
    """Misspell each argument of each resource in turn: the checker sees all of them."""
    unseen = []
    for kind, instances in GOOD["resource"].items():
        for key, body in instances.items():
            for argument in body.keys() - {"depends_on", "for_each"}:
                spoilt = {"resource": {kind: {key: {**body, f"{argument}_": 1}}}}
                whys = [each.why for each in mismatches({**GOOD, **spoilt}, SCHEMAS) if each.address == f"{kind}.{key}"]
                if f"{argument}_ is not an argument" not in whys:
                    unseen.append(f"{kind}.{key}.{argument}")
    assert unseen == []


def test_escaped_text_is_no_reference():
    """IoT's own variables reach AWS as they are."""
    policy = resource(GOOD, "aws_iot_policy.devices")["policy"]
    assert "$${iot:Connection.Thing.ThingName}" in policy
    assert json.loads(policy)["Version"] == "2012-10-17"

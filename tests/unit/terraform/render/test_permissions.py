"""What a deployer needs, from what is rendered: all of it, in the clouds' own words, and nothing else."""

import json
import re

import pytest

from tests.golden.cases import CASES
from tests.rigs.aws_provider_calls import permissions_of_calls
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.render.on_aws import permissions as on_aws
from twin2multicloud.terraform.render.on_azure import permissions as on_azure
from twin2multicloud.terraform.render.on_gcp import permissions as on_gcp
from twin2multicloud.terraform.render.render import render

RENDERED = {name: render(plan(case)) for name, case in CASES.items()}
FORMS = {
    on_aws: r"[a-z0-9]+:[A-Z][A-Za-z]+",
    on_azure: r"Microsoft\.[A-Za-z]+(/[A-Za-z]+)*/(read|write|delete|[A-Za-z]+/action)",
    on_gcp: r"[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+",
}
TABLES = {
    "aws_": on_aws._BY_KIND,
    "azurerm_": on_azure._TYPES,
    "google_": on_gcp._BY_KIND,
}


@pytest.mark.parametrize("module", FORMS, ids=lambda each: each.__name__.split(".")[-2])
def test_every_case_has_an_answer_in_the_clouds_own_words(module):
    for name, config in RENDERED.items():
        found = module.needs(config).permissions
        assert list(found) == sorted(set(found)), name
        assert [each for each in found if not re.fullmatch(FORMS[module], each)] == [], name


@pytest.mark.parametrize("prefix", TABLES)
def test_the_tables_have_what_is_rendered_and_nothing_else(prefix):
    rendered = {kind for config in RENDERED.values() for kind in config["resource"] if kind.startswith(prefix)}
    assert set(TABLES[prefix]) == rendered


def test_what_the_real_provider_calls_is_allowed():
    """Recorded of a twin that is all on AWS; the calls of one resource are those of another of its kind."""
    allowed = set(on_aws.needs(RENDERED["all-aws-dashboard-on-hot-store"]).permissions)
    assert permissions_of_calls() - allowed == set()


def test_a_cloud_without_anything_takes_next_to_nothing():
    single = RENDERED["all-gcp"]
    assert on_aws.needs(single).permissions == ()
    assert on_azure.needs(single).services == ()
    assert on_gcp.needs(RENDERED["all-aws"]).permissions == ("resourcemanager.projects.get",)


def test_endpoints_are_seen_to_be_open():
    assert not on_aws.needs(RENDERED["all-aws"]).is_open
    assert on_aws.needs(RENDERED["all-aws-dashboard-on-hot-store"]).is_open
    assert on_gcp.needs(RENDERED["all-gcp"]).is_open


def test_policies_are_what_each_clouds_tool_takes():
    config = RENDERED["three-clouds-in-turn"]
    aws = on_aws.policy(on_aws.needs(config).permissions, "house")
    roles = next(each for each in aws["Statement"] if each["Sid"] == "Roles")
    assert roles["Resource"] == "arn:aws:iam::*:role/house-*"
    assert "iam:PassRole" in roles["Action"]
    assert not any(each.startswith("iam:") for each in aws["Statement"][0]["Action"])
    assert len(json.dumps(aws, separators=(",", ":"))) < 6_144, "a managed policy's characters"
    azure = on_azure.policy(on_azure.needs(config).permissions, "house")
    assert azure["IsCustom"]
    assert "Microsoft.Web/sites/publish/action" in azure["Actions"]
    google = on_gcp.policy(on_gcp.needs(config).permissions, "house")
    assert "cloudfunctions.functions.create" in google["includedPermissions"]

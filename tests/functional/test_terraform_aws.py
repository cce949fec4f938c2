"""The real hashicorp/aws provider over the rendered AWS part, against moto: apply, an explained second plan, destroy.

What had to differ from what is deployed is in `adapted`, and nothing else differs.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.golden.cases import CASES
from tests.rigs.aws_provider_calls import unknown_calls
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, prepared, terraform
from tests.rigs.vendor_processes import free_port, need_package, start, unavailable

from twin2multicloud.operations import device_registration as registration
from twin2multicloud.operations.device_files import DeviceFiles
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.engine import Engine, EngineError
from twin2multicloud.terraform.render.render import render

pytestmark = [pytest.mark.functional, pytest.mark.slow, pytest.mark.timeout(600)]
CASE = "all-aws-dashboard-on-hot-store"
TOPOLOGY = plan(CASES[CASE])
"""Everything of AWS at once: gateway, queues, store, readers with URLs, and so the token."""

_SERVICES = ("dynamodb", "events", "iam", "iot", "lambda", "logs", "s3", "scheduler", "secretsmanager", "sqs", "sts")
_MIRRORS = (
    "/opt/tf-plugins",
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
"""Where Terraform itself looks on Linux, and where this project's own machines keep it."""

_VERSION = "5.100.0"  # from the registry: the one that moto's gaps are known for


def provider(engine: Engine, folder: Path) -> tuple[str, dict[str, str]]:
    """The provider's version, and what leads the engine to it: a mirror of this machine, or else the registry."""
    places = [each for each in (os.environ.get("T2MC_PROVIDER_MIRROR"), *_MIRRORS) if each]
    for place in (Path(each).expanduser() for each in places):
        found = sorted(place.glob("registry.*/hashicorp/aws/*/linux_*/terraform-provider-aws*"))
        if found:
            settings = folder / "terraformrc"
            settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place}"\n  }}\n}}\n')
            return found[-1].parents[1].name, {"TF_CLI_CONFIG_FILE": str(settings)}
    return _VERSION, _from_the_registry(engine, folder)


def _from_the_registry(engine: Engine, folder: Path) -> dict[str, str]:
    """Fetch the provider into a cache. Where that does not work, nobody can run this rig."""
    cache, probe = folder / "cache", folder / "probe"
    for each in (cache, probe):
        each.mkdir()
    wanted = {"aws": {"source": "hashicorp/aws", "version": _VERSION}}
    (probe / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": wanted}}))
    env = {"TF_PLUGIN_CACHE_DIR": str(cache)}
    try:
        command = [*engine, f"-chdir={probe}", "init", "-input=false", "-no-color"]
        subprocess.run(command, env=clean_environment(env), capture_output=True, check=True, timeout=300)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        unavailable(
            "no filesystem mirror holds hashicorp/aws (T2MC_PROVIDER_MIRROR names one), and no registry answers"
        )
    return env


def adapted(config: dict[str, Any], version: str, endpoint: str) -> dict[str, Any]:
    """The rendered configuration, led to moto, and without what the mirror's provider is too old for."""
    config["terraform"]["required_providers"]["aws"]["version"] = version
    config["provider"]["aws"] |= {
        "access_key": "test",
        "secret_key": "test",
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "max_retries": 2,
        "s3_use_path_style": True,  # a bucket's own host name does not lead to moto
        "endpoints": [dict.fromkeys(_SERVICES, endpoint)],
    }
    del config["resource"]["aws_cloudcontrolapi_resource"]  # moto has no Cloud Control
    del config["output"]["aws_twin_service"]
    del config["resource"]["aws_s3_bucket_lifecycle_configuration"]  # the provider waits a minute for moto's answer
    if int(version.split(".")[0]) < 6:  # `invoked_via_function_url` is younger
        permissions = config["resource"]["aws_lambda_permission"]
        for key in [key for key in permissions if key.endswith("_invoke_by_url")]:
            del permissions[key]
        for queue in config["resource"]["aws_sqs_queue"].values():
            queue["max_message_size"] = 262_144  # what SQS took until August 2025
    return config


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The workspace: the real AWS provider, and stand-ins for the others."""
    engine, folder = terraform(), tmp_path_factory.mktemp("aws")
    need_package("moto")
    version, where = provider(engine, folder)
    port = free_port()
    start("moto", [sys.executable, "-m", "tests.rigs.terraform_moto", str(port)], port)
    with stand_in_providers() as (_, env):
        others = {name: each for name, each in json.loads(env["TF_REATTACH_PROVIDERS"]).items() if "aws" not in name}
        log = {"TF_LOG_PROVIDER": "DEBUG", "TF_LOG_PATH": str(folder / "provider.log")}
        env = {"TF_REATTACH_PROVIDERS": json.dumps(others), **where, **log}
        config = adapted(render(TOPOLOGY), version, f"http://127.0.0.1:{port}")
        yield prepared(TOPOLOGY, folder, engine, env, config)


@pytest.fixture
def account(made, monkeypatch):
    """moto's IoT Core, for whoever signs in as boto3 does by itself; a client of it."""
    need_package("boto3")
    import boto3

    endpoint = json.loads((made.folder / "main.tf.json").read_text())["provider"]["aws"]["endpoints"][0]["iot"]
    told = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, text in told.items():
        monkeypatch.setenv(name, text)
    client = boto3.client("iot", region_name="eu-central-1")
    yield client
    client.close()


def test_the_real_provider_applies_finds_only_motos_gaps_and_destroys(made, account, tmp_path):
    """With registered devices in between: their policy is the rendered one, and it would not go without them."""
    work, files = made.workspace, DeviceFiles(tmp_path / "devices")
    work.init()
    planned = work.plan()
    assert planned.add > 40
    work.apply()
    outputs = work.outputs()
    for name in ("hot-reader", "hot-reader-last-entry"):
        assert re.fullmatch(rf"https://[^/]+/{name}", outputs["aws_endpoints"][name]), "one slash, and the path"
    assert outputs["aws_device_endpoint"].endswith("amazonaws.com")
    work.plan()
    unexplained = {address: each for address, each in made.changes().items() if not _is_motos(address, each)}
    assert unexplained == {}
    assert set(made.changes()) == _with_gaps(), "moto has mended a gap, or has a new one"
    gateway = registration.deployed_gateway(CASES[CASE], outputs)
    assert registration.register(gateway, files, ["pump-1", "pump-2"], lambda _: None) == 2
    assert account.list_targets_for_policy(policyName=outputs["aws_device_policy"])["targets"]
    removed = work.plan(destroy=True)
    assert removed.remove == planned.add
    gateway = registration.gateway_in_the_way(removed, outputs)
    assert gateway is not None
    registration.remove(gateway, files, gateway.registry.registered(), lambda _: None)
    work.apply()
    assert work.resources() == []
    assert (account.list_things()["things"], account.list_certificates()["certificates"]) == ([], [])
    with open(made.env["TF_LOG_PATH"], encoding="utf-8", errors="replace") as log:  # noqa: PTH123
        assert unknown_calls(log) == set(), "the provider calls what the deployer's permissions do not know of"


def _with_gaps() -> set[str]:
    """Every function, and every queue that has a redrive policy: moto is wrong about each of them."""
    resources = render(TOPOLOGY)["resource"]
    functions = {f"aws_lambda_function.{key}" for key in resources["aws_lambda_function"]}
    queues = {f"aws_sqs_queue.{key}" for key, body in resources["aws_sqs_queue"].items() if "redrive_policy" in body}
    return functions | queues


def _is_motos(address: str, changed: dict[str, tuple[Any, Any]]) -> bool:
    """moto forgets a function's logging settings, and writes a redrive policy with blanks; exactly that."""
    match address.split(".")[0], list(changed):
        case "aws_lambda_function", ["logging_config"]:
            before, after = changed["logging_config"]
            return before == [] and after[0]["log_format"] == "Text"
        case "aws_sqs_queue", ["redrive_policy"]:
            before, after = changed["redrive_policy"]
            return json.loads(before) == json.loads(after)
        case _:
            return False


def test_the_real_provider_refuses_what_the_schemas_cannot_know(made):
    """The rig would notice: a runtime that Lambda does not have passes every schema, and stops here."""
    config = json.loads((made.folder / "main.tf.json").read_text())
    config["resource"]["aws_lambda_function"]["dispatcher"]["runtime"] = "python0.1"
    made.workspace.write(config, {"bundles": str(made.bundles)})
    made.workspace.init()
    with pytest.raises(EngineError, match=r"validate failed: .*expected runtime to be one of"):
        made.workspace.validate()

"""`t2mc l4 serve`: the emulated twin services alone, for the SDKs of Python and those of JavaScript."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from azure.digitaltwins.core import DigitalTwinsClient
from azure.identity import DefaultAzureCredential
from botocore.config import Config
from tests.rigs.clouds import AWS, GCP
from tests.rigs.command_line import T2MC, t2mc
from tests.rigs.twinmaker_client import BUCKET, ROLE
from tests.rigs.vendor_processes import unavailable

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.l4.lambda_functions import LambdaFunctions
from twin2multicloud.emulator.l4.serving import answer
from twin2multicloud.operations.l4_serving import Serving, servable, serve
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.http import Request, json_response

pytestmark = pytest.mark.functional
SCRIPTS = Path(__file__).parents[1] / "rigs" / "javascript"
ANY = (0, 0)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    found = serve(tmp_path, servable(), ANY)
    yield found
    found.server.close()


@pytest.fixture
def shell(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process as a shell that has read the file."""
    told = dict(line.split("=", 1) for line in serving.file.read_text().splitlines())
    assert told == serving.environment
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@pytest.mark.parametrize("script", ["twinmaker.mjs", "digital_twins.mjs"])
def test_javascripts_sdks_make_read_query_and_delete(script: str, shell: dict[str, str]) -> None:
    node = shutil.which("node")
    if node is None or not (SCRIPTS.parents[2] / "node_modules" / "@azure" / "digital-twins-core").is_dir():
        unavailable("node, or the packages of package.json, are not here")
    environment = {**os.environ, **shell, "AWS_REGION": shell["AWS_DEFAULT_REGION"]}
    done = subprocess.run([node, SCRIPTS / script], env=environment, capture_output=True, text=True, timeout=110)
    assert (done.returncode, done.stdout) == (0, "all right\n"), done.stderr


def test_pythons_sdks(shell: dict[str, str]) -> None:
    twinmaker = boto3.client("iottwinmaker", config=Config(retries={"total_max_attempts": 1}))
    twinmaker.create_workspace(workspaceId="ws", role=ROLE, s3Location=BUCKET)
    assert [each["workspaceId"] for each in twinmaker.list_workspaces()["workspaceSummaries"]] == ["ws"]
    twinmaker.close()
    with DefaultAzureCredential() as credential:
        twins = DigitalTwinsClient(shell["ADT_URL"], credential)
        assert list(twins.list_models()) == []


def test_what_is_made_is_there_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[list[str]] = []
    for first in (True, False):
        serving = serve(tmp_path, (AWS,), ANY)
        assert "ADT_URL" not in serving.environment
        for name, value in serving.environment.items():
            monkeypatch.setenv(name, value)
        client: Any = boto3.client("iottwinmaker", config=Config(retries={"total_max_attempts": 1}))
        names.append([each["workspaceId"] for each in client.list_workspaces()["workspaceSummaries"]])
        if first:
            client.create_workspace(workspaceId="kept", role=ROLE)
        client.close()
        serving.server.close()
    assert names == [[], ["kept"]]


def test_connectors_are_called_where_a_lambda_endpoint_is() -> None:
    asked: list[tuple[str, bytes]] = []

    class Transport:
        def post(self, url: str, headers: object, body: bytes, timeout: float) -> Reply:
            asked.append((url, body))
            return json_response(200, {"propertyValues": []})

    found = LambdaFunctions("http://127.0.0.1:1/", Transport())
    assert found.call("arn:aws:lambda:eu-central-1:1:function:f", {"a": 1}) == {"propertyValues": []}
    name = "arn%3Aaws%3Alambda%3Aeu-central-1%3A1%3Afunction%3Af"
    assert asked == [(f"http://127.0.0.1:1/2015-03-31/functions/{name}/invocations", b'{"a":1}')]


def test_what_is_none_of_the_services_is_named(serving: Serving) -> None:
    refused = answer((), Request("GET", "/nothing", {}, b""))
    assert (refused.status, b"GET /nothing is no operation" in refused.body) == (404, True)


def test_a_port_that_is_taken_and_a_cloud_without_a_service(serving: Serving, tmp_path: Path) -> None:
    taken = int(serving.server.url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match="give --port and --tls-port"):
        serve(tmp_path / "other", (AWS,), (taken, 0))
    with pytest.raises(ConfigurationError, match="the emulator has the twin services of aws, azure"):
        serve(tmp_path, (GCP,), ANY)
    assert t2mc("l4", "serve", tmp_path, "--for", "gcp").returncode == 2


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [T2MC, "l4", "serve", tmp_path, "--for", "aws", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = ""
        while not said.rstrip().endswith("}"):
            line = running.stdout.readline()
            assert line, "it ended before it served"
            said += line
        assert json.loads(said)["AWS_DISABLE_HOST_PREFIX_INJECTION"] == "true"
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0

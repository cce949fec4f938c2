"""t2mc query --deployed as a user types it: what a deployed twin wrote comes out of its deployed reader.

The engine works with stand-in providers. On AWS the functions are the bundles of `t2mc package` under Lambda's real
runtime client, told what Terraform told them, over moto's DynamoDB; a Lambda of ours starts them when boto3 says so. On
Google Cloud a reader stands behind a Cloud Run of ours, which looks at the ID token that the command got for a key.
"""

import json
import zipfile
from contextlib import ExitStack

import pytest
from tests.rigs import command_line, vendor_clients
from tests.rigs.clock import RigClock
from tests.rigs.clouds import GCP
from tests.rigs.envelopes import body
from tests.rigs.error_sink import RigErrorSink
from tests.rigs.hot_store import RigHotStore
from tests.rigs.invocation import served
from tests.rigs.readings import readings
from tests.rigs.runtime_lambda import LambdaRuntime
from tests.rigs.terraform_fleet import stand_in_providers
from tests.rigs.terraform_workspace import clean_environment, terraform, write_bundles
from tests.rigs.vendor_google_sign_in import service_account_file, token_server
from tests.rigs.vendor_hot_stores import create_dynamo_table
from tests.rigs.vendor_invocations import INVOKER, STRANGER, CloudRunService, dark
from tests.rigs.vendor_lambda import LambdaService, lambda_service
from tests.rigs.vendor_processes import moto_account, need_package

from twin2multicloud.clouds.gcp.runtime import expose
from twin2multicloud.domain.components import Trigger
from twin2multicloud.functions.reporting import Reporter
from twin2multicloud.functions.storage.hot_reader import HotReader
from twin2multicloud.functions.storage.hot_reader_last_entry import HotReaderLastEntry
from twin2multicloud.functions.storage.reader_request import MAX_PROPERTIES
from twin2multicloud.functions.triggers import Function
from twin2multicloud.planning.planner import plan
from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]

ROWS = [("2026-01-15T09:30:00.000Z", 21.5), ("2026-01-15T09:31:00.000Z", 21.75), ("2026-01-15T09:32:00.000Z", 22.0)]
PAYLOAD = [
    {"device_id": "living-room-climate", "timestamp": stamp, "message_id": stamp, "temperature": value}
    for stamp, value in ROWS
]
ALWAYS = ("--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z")


class Home:
    """A smart home that is deployed."""

    def __init__(self, folder, env):
        self.folder, self.env, self.token_uri = folder, env, ""

    def t2mc(self, *arguments, **more):
        """Run the command line; its exit code, what it printed, and what it said beside."""
        env = clean_environment({**self.env, **more})
        done = command_line.t2mc(*arguments, env=env, columns=200)
        return done.returncode, done.stdout, " ".join(done.stderr.split())

    def query(self, *arguments, **more):
        return self.t2mc("query", *arguments, "-p", self.folder, "--deployed", **more)

    def place_on(self, cloud, **slots):
        providers = self.folder / "config_providers.json"
        everything = json.loads(providers.read_text(encoding="utf-8"))
        providers.write_text(json.dumps({**dict.fromkeys(everything, cloud), **slots}), encoding="utf-8")

    def run(self, name, told, folder):
        """A function's bundle under the real runtime, with the environment that Terraform gave it."""
        unpacked = folder / name
        zipfile.ZipFile(self.folder / ".t2mc" / "bundles" / "aws" / f"{name}.zip").extractall(unpacked)
        return LambdaRuntime(unpacked, {**self.env, **told[name]})


def fresh(tmp_path):
    terraform()  # or skip
    need_package("boto3")
    need_package("awslambdaric")
    folder = tmp_path / "home"
    write_template("smart-home", folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["name"] = vendor_clients.unique("asked")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path):
    folder = fresh(tmp_path)
    with stand_in_providers() as (fleet, engine), ExitStack() as running:
        made = Home(folder, {**engine, **moto_account()})
        made.place_on("aws")
        code, said, beside = made.t2mc("package", folder, "--no-wheels", "--measure", 0)
        assert code == 0, said + beside
        code, said, beside = made.t2mc("deploy", folder, "--yes")
        assert code == 0, said + beside
        twin = load_project(folder).twin
        deployed = {each["function_name"]: each for each in fleet["aws"].of("aws_lambda_function")}
        names = {name: f"{twin.name}-{name}" for name in ("persister", "hot-reader", "hot-reader-last-entry")}
        told = {name: deployed[full]["environment"][0]["variables"] for name, full in names.items()}
        create_dynamo_table(told["persister"]["HOT_STORE_NAME"])
        for tier in ("COLD_STORE_NAME", "ARCHIVE_STORE_NAME"):
            where = {"LocationConstraint": vendor_clients.REGION}
            vendor_clients.aws("s3").create_bucket(Bucket=told["hot-reader"][tier], CreateBucketConfiguration=where)
        secret = told["hot-reader"]["INTER_CLOUD_TOKEN_SECRET"]  # it has a URL too: a dashboard reads it
        vendor_clients.aws("secretsmanager").create_secret(Name=secret, SecretString="the-token")
        runtimes = {name: made.run(name, told, tmp_path / "lambda") for name in names}
        for each in runtimes.values():
            running.callback(each.close)
        write(runtimes["persister"])
        readers = {full: _handler(runtimes[name]) for name, full in names.items() if name != "persister"}
        made.env["AWS_ENDPOINT_URL_LAMBDA"] = running.enter_context(lambda_service(readers))
        yield made


def _handler(runtime):
    return lambda event, _: runtime.invoke(event)


def write(persister):
    """As the processor's queue delivers it."""
    record = {"messageId": "m0", "body": body(payload=PAYLOAD).decode()}
    assert persister.invoke({"Records": [record]}) == {"batchItemFailures": []}


def test_what_the_twin_wrote_its_reader_answers(home):
    code, printed, beside = home.query("living-room-climate", "temperature", *ALWAYS, "--json")
    assert code == 0, beside
    assert json.loads(printed) == {"temperature": [{"time": stamp, "value": value} for stamp, value in ROWS]}

    code, printed, beside = home.query("living-room-climate", "temperature", *ALWAYS, "--limit", 2, "--json")
    assert code == 0, beside
    assert json.loads(printed) == {"temperature": [{"time": stamp, "value": value} for stamp, value in ROWS[1:]]}

    code, printed, beside = home.query("living-room-climate", "--last", "--json")
    assert code == 0, beside
    assert json.loads(printed)["temperature"] == {"time": ROWS[-1][0], "value": ROWS[-1][1]}

    code, printed, beside = home.query("living-room-climate", *ALWAYS)
    assert code == 0, beside
    assert "21.75" in printed

    # What goes wrong is one sentence, and an exit code that says whose fault it is.
    code, _, beside = home.query("living-room-climate", *(f"p{n}" for n in range(MAX_PROPERTIES + 1)))
    refusal = f"error: hot-reader: selectedProperties holds {MAX_PROPERTIES + 1} names"
    assert (code, refusal in beside) == (2, True), beside
    code, _, beside = home.query("attic")
    assert (code, "no device 'attic'" in beside) == (2, True), beside
    code, _, beside = home.query("living-room-climate", AWS_ACCESS_KEY_ID=LambdaService.STRANGER)
    assert (code, "is not authorized to perform: lambda:InvokeFunction" in beside) == (2, True), beside
    code, _, beside = home.query("living-room-climate", "temperature", AWS_ENDPOINT_URL_LAMBDA=dark())
    assert (code, "calling hot-reader: no answer from AWS" in beside) == (1, True), beside

    # The project moved its hot store, and nobody deployed that yet.
    home.place_on("aws", layer_3_hot_provider="azure")
    code, _, beside = home.query("living-room-climate")
    expected = "that can be called is deployed on Azure; run `t2mc deploy` first"
    assert (code, expected in beside) == (2, True), beside


def service(folder, name):
    """A reader of the project's twin over a store with the rows, as Cloud Run serves it."""
    twin, store = load_project(folder).twin, RigHotStore()
    store.write(readings(PAYLOAD))
    made = HotReader if name == "hot-reader" else HotReaderLastEntry
    reader = made(store=store, catalog=twin.catalog, hierarchy=twin.hierarchy, clock=RigClock())
    reporter = Reporter(sink=RigErrorSink(), clock=RigClock(), twin=twin.name, cloud=GCP, component=name)
    function = Function(name=name, reporter=reporter, handlers={Trigger.CALL: reader})
    return CloudRunService(expose(function), is_open=False)


@pytest.fixture
def home_on_gcp(tmp_path):
    """Deployed by the stand-ins, which make up URLs: the state says ours instead."""
    need_package("functions_framework")
    need_package("google.auth")
    folder = fresh(tmp_path)
    with stand_in_providers() as (_, engine), ExitStack() as running:
        made = Home(folder, engine)
        made.place_on("gcp")
        write_bundles(plan(load_project(folder).twin), folder / ".t2mc" / "bundles")
        code, said, beside = made.t2mc("deploy", folder, "--yes", "--var", "gcp_project=a-project")
        assert code == 0, said + beside
        state = folder / ".t2mc" / "terraform" / "terraform.tfstate"
        content = json.loads(state.read_text(encoding="utf-8"))
        urls = content["outputs"]["gcp_called"]["value"]
        for name in urls:
            urls[name] = running.enter_context(served(service(folder, name)))
        state.write_text(json.dumps(content), encoding="utf-8")
        made.token_uri = running.enter_context(served(token_server()))
        yield made


def test_a_reader_on_google_cloud_asks_who_is_there(home_on_gcp, tmp_path):
    invoker = service_account_file(tmp_path, INVOKER, home_on_gcp.token_uri)
    signed_in = {"GOOGLE_APPLICATION_CREDENTIALS": str(invoker)}
    code, printed, beside = home_on_gcp.query("living-room-climate", "temperature", *ALWAYS, "--json", **signed_in)
    assert code == 0, beside
    assert json.loads(printed) == {"temperature": [{"time": stamp, "value": value} for stamp, value in ROWS]}
    code, printed, beside = home_on_gcp.query("living-room-climate", "temperature", "--last", "--json", **signed_in)
    assert code == 0, beside
    assert json.loads(printed) == {"temperature": {"time": ROWS[-1][0], "value": ROWS[-1][1]}}

    service_account_file(tmp_path, STRANGER, home_on_gcp.token_uri)
    code, _, beside = home_on_gcp.query("living-room-climate", "temperature", **signed_in)
    assert (code, "hot-reader: the cloud answered 403: permission denied" in beside) == (2, True), beside
    code, _, beside = home_on_gcp.query("living-room-climate", GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "none"))
    assert (code, "signing in to Google Cloud: " in beside) == (2, True), beside


def test_without_a_deployment_there_is_nothing_to_ask(tmp_path):
    folder = fresh(tmp_path)
    code, _, beside = Home(folder, {}).query("living-room-climate")
    assert (code, f"nothing is deployed from {folder}; run `t2mc deploy {folder}` first" in beside) == (1, True), beside

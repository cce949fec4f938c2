"""What the registry on Google Cloud does where two write at once, or an answer is lost: what no emulator does alone."""

import pytest

pytest.importorskip("google.cloud.firestore", reason="the extra gcp is not installed")

from tests.rigs import vendor_clients, vendor_processes
from twin2multicloud.clouds.gcp.device_authenticator import COLLECTION, FINGERPRINT, fingerprint
from twin2multicloud.clouds.gcp.device_registry import KEY, FirestoreDeviceRegistry, open_registry
from twin2multicloud.domain.errors import ConfigurationError, RetryableError


@pytest.fixture
def client():
    """On Google's own emulator: npm's writes a batch in part."""
    made = vendor_clients.firestore(vendor_processes.google_firestore_host())
    yield made
    made.close()


def contents(client) -> dict[str, dict]:
    return {found.to_dict()["device_id"]: found.to_dict() for found in client.collection(COLLECTION).stream()}


def test_no_key_is_kept(client):
    (made,) = FirestoreDeviceRegistry(client).register(["sensor-1"])
    key = made.files[KEY]
    assert len(key) == 43, "256 bits in base64"
    assert key not in str(contents(client))
    assert contents(client)["sensor-1"][FINGERPRINT] == fingerprint(key)


def test_whoever_comes_second_is_told_to_try_again_and_the_first_keeps_its_key(client):
    registry = FirestoreDeviceRegistry(client)
    late = registry.register(["a", "b"])
    next(late)
    (first,) = registry.register(["b"])
    with pytest.raises(RetryableError, match="another process is registering"):
        list(late)
    assert contents(client)["b"][FINGERPRINT] == fingerprint(first.files[KEY])
    assert [each.device_id for each in registry.register(["a", "b"])] == ["a"], "a batch is written whole or not"


def test_a_write_that_went_through_unheard_counts(client):
    """The client sends again what was not answered, and is then told that it is there already."""
    registering = FirestoreDeviceRegistry(client).register(["a", "b"])
    made = [next(registering), next(registering)]
    for each in made:
        content = {"sort_key": each.device_id, "device_id": each.device_id, FINGERPRINT: fingerprint(each.files[KEY])}
        client.collection(COLLECTION).document(each.device_id).set(content)
    assert list(registering) == []


@pytest.mark.parametrize("name", ["house-devices", "projects/p", "projects/p/databases/", "projects//databases/d"])
def test_a_registry_is_a_databases_full_name(name):
    with pytest.raises(ConfigurationError, match="projects/<project>/databases/<name>"):
        open_registry({"gcp_device_registry": name})


def test_a_registry_opens_by_the_output_of_the_deployment(monkeypatch):
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", vendor_processes.npm_firestore_host())
    project = vendor_clients.unique("rig")
    registry = open_registry({"gcp_device_registry": f"projects/{project}/databases/house-devices"})
    assert [each.device_id for each in registry.register(["sensor-1"])] == ["sensor-1"]
    assert list(registry.registered()) == ["sensor-1"]


def test_an_output_that_is_missing_is_named():
    with pytest.raises(ConfigurationError, match="gcp_device_registry"):
        open_registry({})


def test_an_operator_who_is_not_signed_in_is_told_so(monkeypatch):
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(ConfigurationError, match="not authenticated with Google Cloud"):
        open_registry({"gcp_device_registry": "projects/p/databases/house-devices"})

"""What vendors' emulators get wrong or never say: probed, so that docs/support_matrix.md says what is so.

A gap that closes fails here. Then the fault that stands in for it may go, and its words in `tests.rigs.table` too; what
is a gap for a port's own suite is in that table's expected failures.
"""

import json
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("boto3", reason="the extra aws is not installed")
pytest.importorskip("azure.cosmos", reason="the extra azure is not installed")
pytest.importorskip("google.cloud.firestore", reason="the extra gcp is not installed")

from azure.core.exceptions import HttpResponseError
from azure.cosmos import CosmosClient, PartitionKey
from google.api_core.exceptions import InvalidArgument

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.vendor_hot_stores import create_dynamo_table


class TestMoto:
    def test_dynamodb_takes_a_batch_of_26(self):
        client, name = vendor_clients.aws("dynamodb"), vendor_clients.unique("gaps")
        create_dynamo_table(name)
        keys = [{"device_id": {"S": "d"}, "sort_key": {"S": str(number)}} for number in range(26)]
        answer = client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": each}} for each in keys]})
        assert answer["UnprocessedItems"] == {}

    def test_sqs_takes_a_character_that_xml_does_not_know(self):
        client = vendor_clients.aws("sqs")
        url = client.create_queue(QueueName=vendor_clients.unique("gaps"))["QueueUrl"]
        assert client.send_message(QueueUrl=url, MessageBody="a\uffffb")["MessageId"]

    def test_iot_core_gives_certificates_in_one_page_however_small_it_is_asked_for(self):
        client, name = vendor_clients.aws("iot"), vendor_clients.unique("gaps")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
        client.create_policy(policyName=name, policyDocument=json.dumps(document))
        for _ in range(2):
            arn = client.create_keys_and_certificate(setAsActive=True)["certificateArn"]
            client.attach_policy(policyName=name, target=arn)
        answer = client.list_targets_for_policy(policyName=name, pageSize=1)
        assert len(answer["targets"]) == 2
        assert "nextMarker" not in answer


@pytest.fixture
def container():
    """On cosmosdb-server as it is, without the rig's adapter between."""
    url = vendor_processes.cosmosdb_server_url()
    with CosmosClient(url, vendor_clients.COSMOS_KEY, enable_endpoint_discovery=False, retry_total=0) as client:
        database = client.create_database_if_not_exists("gaps")
        yield database.create_container(vendor_clients.unique("gaps"), PartitionKey("/device_id"))


class TestCosmosdbServer:
    def test_a_read_of_what_is_not_there_is_an_error_of_its_own(self, container):
        with pytest.raises(HttpResponseError) as caught:
            container.read_item("none", "d")
        assert caught.value.status_code == 500

    def test_a_query_of_one_partition_finds_another(self, container):
        container.upsert_item({"id": "1", "device_id": "d", "sort_key": "a"})
        found = container.query_items("SELECT * FROM c WHERE c.sort_key >= 'a'", partition_key="another")
        assert [each["device_id"] for each in found] == ["d"]

    def test_there_are_no_batches(self, container):
        with pytest.raises(HttpResponseError):
            container.execute_item_batch([("upsert", ({"id": "1", "device_id": "d"},))] * 2, "d")

    def test_an_item_of_three_megabytes_is_taken(self, container):
        container.upsert_item({"id": "1", "device_id": "d", "text": "x" * 3_000_000})


@pytest.fixture
def documents():
    client = vendor_clients.firestore(vendor_processes.npm_firestore_host())
    found = client.collection("gaps")
    for number in range(4):
        found.document(str(number)).set({"n": number})
    yield found
    client.close()


class TestNpmsFirestore:
    def test_a_cursor_is_ignored(self, documents):
        after = documents.order_by("n").start_after({"n": 1}).stream()
        assert [each.to_dict()["n"] for each in after] == [0, 1, 2, 3]

    def test_a_document_over_a_mebibyte_is_taken(self, documents):
        documents.document("large").set({"text": "x" * 2_000_000})


def test_googles_firestore_has_the_limit_that_npms_lacks():
    client = vendor_clients.firestore(vendor_processes.google_firestore_host())
    try:
        with pytest.raises(InvalidArgument):
            client.collection("gaps").document("large").set({"text": "x" * 2_000_000})
    finally:
        client.close()


def test_google_storages_emulator_lets_two_create_one_object():
    """So two may take one lock of Terraform's state there; the service lets one."""
    url, name = vendor_processes.google_storage_url(), vendor_clients.unique("gaps")

    def post(path: str, body: bytes, kind: str) -> int:
        with urlopen(Request(f"{url}{path}", body, {"content-type": kind}), timeout=10) as answer:
            return answer.status

    post("/storage/v1/b?project=rig", json.dumps({"name": name}).encode(), "application/json")
    upload = f"/upload/storage/v1/b/{name}/o?uploadType=media&name=lock&ifGenerationMatch=0"
    assert [post(upload, who, "text/plain") for who in (b"one", b"two")] == [200, 200]

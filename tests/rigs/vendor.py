"""Every rig over a vendor's emulator, by port and name. `tests/contracts/conftest.py` runs each suite over them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.rigs import dead_letter_queues as letters
from tests.rigs import event_store
from tests.rigs import vendor_device_gateways as device_gateways
from tests.rigs import vendor_device_registries as device_registries
from tests.rigs import vendor_digital_twins as digital_twins
from tests.rigs import vendor_hot_stores as hot_stores
from tests.rigs import vendor_invocations as callers
from tests.rigs import vendor_object_stores as object_stores
from tests.rigs import vendor_queues as queues
from tests.rigs import vendor_topics as topics
from tests.rigs.error_store import over

VENDOR_RIGS: dict[str, dict[str, Callable[[Path], AbstractContextManager[Any]]]] = {
    "error_store_rig": {
        "dynamodb-moto": over(hot_stores.dynamodb_on_moto),
        "cosmos-cosmosdb-server": over(hot_stores.cosmos_on_cosmosdb_server),
        "firestore-google": over(hot_stores.firestore_on_googles_emulator),
        "firestore-npm": over(hot_stores.firestore_on_npm),
    },
    "event_store_rig": {
        "dynamodb-moto": event_store.over(hot_stores.dynamodb_on_moto),
        "cosmos-cosmosdb-server": event_store.over(hot_stores.cosmos_on_cosmosdb_server),
        "firestore-google": event_store.over(hot_stores.firestore_on_googles_emulator),
        "firestore-npm": event_store.over(hot_stores.firestore_on_npm),
    },
    "hot_store_rig": {
        "dynamodb-moto": hot_stores.dynamodb_on_moto,
        "cosmos-cosmosdb-server": hot_stores.cosmos_on_cosmosdb_server,
        "firestore-google": hot_stores.firestore_on_googles_emulator,
        "firestore-npm": hot_stores.firestore_on_npm,
    },
    "object_store_rig": {
        "s3-moto": object_stores.s3_on_moto,
        "s3-ministack": object_stores.s3_on_ministack,
        "blob-azurite": object_stores.blobs_on_azurite,
        "gcs-fake-gcs-server": object_stores.gcs_on_fake_gcs_server,
    },
    "invoker_rig": {
        "sqs-moto": queues.sqs_invoker,
        "storage-queue-azurite": queues.storage_queue_invoker,
        "pubsub-ours": queues.pubsub_invoker,
        "pubsub-google": queues.google_pubsub_invoker,
    },
    "dead_letters_rig": {
        "sqs-moto": queues.sqs_dead_letters,
        "storage-queue-azurite": queues.storage_queue_dead_letters,
        "pubsub-ours": queues.pubsub_dead_letters,
        "pubsub-google": queues.google_pubsub_dead_letters,
    },
    "dead_letter_queues_rig": {
        "sqs-moto": letters.letters_on_sqs,
        "storage-queue-azurite": letters.letters_on_storage_queues,
        "pubsub-google": letters.letters_on_googles_pub_sub,
    },
    "error_sink_rig": {
        "eventbridge-moto": topics.eventbridge,
        "event-grid-ours": topics.event_grid,
        "pubsub-ours": topics.pubsub_topic,
    },
    "device_registry_rig": {
        "iot-core-moto": device_registries.iot_core,
        "iot-hub-ours": device_registries.iot_hub,
        "firestore-google": device_gateways.registry_on_googles_firestore,
        "firestore-npm": device_gateways.registry_on_npms_firestore,
    },
    "device_authenticator_rig": {
        "firestore-google": device_gateways.authenticator_on_googles_firestore,
        "firestore-npm": device_gateways.authenticator_on_npms_firestore,
    },
    "device_ingress_rig": {
        "pubsub-ours": device_gateways.pubsub_ingress,
        "pubsub-google": device_gateways.google_pubsub_ingress,
    },
    "invocation_rig": {
        "lambda-ours": callers.lambda_native,
        "lambda-url-ours": callers.lambda_endpoint,
        "function-app-ours": callers.function_app_native,
        "function-app-endpoint-ours": callers.function_app_endpoint,
        "cloud-run-ours": callers.cloud_run_native,
        "cloud-run-endpoint-ours": callers.cloud_run_endpoint,
    },
    "twin_graph_rig": {"digital-twins-ours": digital_twins.digital_twins_graph},
    "secrets_rig": {
        "secrets-manager-moto": topics.secrets_manager,
        "key-vault-ours": topics.key_vault,
        "secret-manager-ours": topics.secret_manager,
    },
}

SDK_PACKAGES = ("boto3", "azure.cosmos", "azure.storage.queue", "google.cloud.firestore", "google.pubsub_v1", "moto")
"""What the extras and the tools for development bring; the tests of errors import these."""

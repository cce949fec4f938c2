"""Device registries of the clouds, over emulators and servers of ours, as rigs for the contract suite."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.clock import RigClock
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.aws import device_registry as aws
from twin2multicloud.clouds.azure import device_registry as azure
from twin2multicloud.clouds.azure import invocation as azure_invocation
from twin2multicloud.ports.device_registry import DeviceCredentials, DeviceRegistry


class IotCoreRig:
    """See `tests.rigs.device_registry.DeviceRegistryRig`. Pages hold ten: moto makes a real key for each device."""

    impossible, many = "sensor.1", 23

    def __init__(self, client: Any) -> None:
        self.client, self.clock = client, RigClock()
        self.twin = vendor_clients.unique("house")
        self.policy = f"{self.twin}-devices"
        allowed = {"Effect": "Allow", "Action": ["iot:Connect"], "Resource": ["*"]}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        client.create_policy(policyName=self.policy, policyDocument=document)
        self.registry: DeviceRegistry = aws.IotCoreDeviceRegistry(client, self.twin, self.policy, self.clock, page=10)

    def may_connect(self, credentials: DeviceCredentials) -> bool:
        """Whether a certificate is active, has the policy, and is its thing's."""
        if not self.is_there(credentials.device_id):
            return False
        arns = self.client.list_thing_principals(thingName=credentials.device_id)["principals"]
        return any(self._lets_in(arn, credentials.files[aws.CERTIFICATE]) for arn in arns)

    def _lets_in(self, arn: str, pem: str) -> bool:
        found = self.client.describe_certificate(certificateId=arn.rsplit("/", 1)[1])["certificateDescription"]
        policies = [each["policyName"] for each in self.client.list_attached_policies(target=arn)["policies"]]
        return bool(found["certificatePem"] == pem and found["status"] == "ACTIVE" and policies == [self.policy])

    def stranger(self) -> str:
        name = vendor_clients.unique("another")
        self.client.create_thing(thingName=name, attributePayload={"attributes": {"twin": "another"}})
        return name

    def is_there(self, device_id: str) -> bool:
        try:
            self.client.describe_thing(thingName=device_id)
        except self.client.exceptions.ResourceNotFoundException:
            return False
        return True


@contextmanager
def iot_core(_: Path) -> Iterator[IotCoreRig]:
    """Over moto. What is left is removed: things are one account's, and the next test's devices have the same names."""
    rig = IotCoreRig(vendor_clients.aws("iot"))
    yield rig
    rig.registry.remove(each["thingName"] for each in rig.client.list_things(maxResults=250)["things"])


class IotHubRig:
    """See `tests.rigs.device_registry.DeviceRegistryRig`. `adapter` is the hub."""

    impossible, many = "größer", 230

    def __init__(self) -> None:
        from tests.rigs.vendor_iot_hub import HOST, IotHubAdapter

        self.adapter, self.clock = IotHubAdapter(), RigClock()
        client = azure_invocation.connect(f"https://{HOST}", azure.AUDIENCE, AnyToken(), self.adapter.transport())
        self.registry: DeviceRegistry = azure.IotHubDeviceRegistry(client, HOST, "house", self.clock)

    def may_connect(self, credentials: DeviceCredentials) -> bool:
        """Whether the key is one of the device's."""
        device = self.adapter.devices.get(credentials.device_id)
        if device is None or device["status"] != "enabled":
            return False
        key = credentials.files[azure.KEY]
        assert key in credentials.files[azure.CONNECTION_STRING], "both files say the same"
        return key in device["authentication"]["symmetricKey"].values()

    def stranger(self) -> str:
        self.adapter.devices["stranger"] = {"id": "stranger", "status": "enabled", "tags": {"twin": "another"}}
        return "stranger"

    def is_there(self, device_id: str) -> bool:
        return device_id in self.adapter.devices


@contextmanager
def iot_hub(_: Path) -> Iterator[IotHubRig]:
    """Over a hub of ours."""
    vendor_processes.need_package("azure.core")
    yield IotHubRig()

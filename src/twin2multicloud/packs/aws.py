"""AWS as one record. Owns its figures and names; refers to what is heavy, and imports none of it."""

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Deployed, Footprint, Packaging

AWS = Cloud("aws")

PACK = CloudPack(
    name=AWS,
    label="AWS",
    style="dark_orange",
    colour="#d9730d",
    events="twin2multicloud.emulator.events.aws:EVENT_SOURCE",
    tariff="twin2multicloud.costs.aws_tariff:AwsTariff",
    prices="twin2multicloud.costs.snapshots:shipped_prices",
    fetcher="twin2multicloud.costs.aws_fetch:fetch_aws",
    renderer="twin2multicloud.terraform.render.on_aws.cloud:RENDERER",
    twin_face="twin2multicloud.emulator.l4.twinmaker:TwinMaker",
    twin_environment="twin2multicloud.emulator.l4.twinmaker:environment",
    twin_alone="twin2multicloud.emulator.l4.twinmaker:alone",
    reserved="^(xn--|sthree-|amzn-s3-demo-)",  # docs.aws.amazon.com AmazonS3, bucketnamingrules
    has_3d=True,  # TwinMaker's scenes
    services=CloudServices(
        twin_reads=True,
        twin_sign_in=SignIn.PLUGIN,
        remote_twin_sign_in=SignIn.SIGV4,
        topics="an IoT rule, and the right to publish in the devices' IoT policy",
        ignored_topics="the right to publish in the devices' IoT policy; no rule",
        restore_hours=12,  # Glacier Deep Archive, Standard (docs.aws.amazon.com AmazonS3, restoring-objects)
    ),
    footprint=Footprint(
        watts_per_vcpu=2.12,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.135,
        kg_per_kwh=0.34,  # Germany, mean of 2023, rounded, recalled
        round_trip_ms={"azure": 10.0, "gcp": 10.0},
    ),
    # The runtime has boto3 (docs.aws.amazon.com, lambda python-package).
    packaging=Packaging(
        entry_file="main.py",
        entry_name="handler",  # Lambda's handler is ``main.handler``
        brought_by={"boto3": "", "botocore": "", "awslambdaric": ""},
        lists_requirements=False,  # Lambda builds nothing
    ),
    deployed=Deployed(
        sign="aws_device_policy",
        registry="twin2multicloud.clouds.aws.device_registry:open_registry",
        connection="twin2multicloud.clouds.aws.device_connection:connection",
        device_key="twin2multicloud.clouds.aws.device_connection:device_key",
        invocation="twin2multicloud.clouds.aws.invocation:open_invocation",
        account="twin2multicloud.clouds.aws.cloud_account:open_account",
        dead_letters="twin2multicloud.clouds.aws.dead_letter_queues:open_dead_letters",
        logs="twin2multicloud.clouds.aws.function_logs:open_logs",
        code="twin2multicloud.clouds.aws.code_publisher:open_publisher",
        in_the_way="aws_iot_policy.devices",
        twins="twin2multicloud.clouds.aws.twin_publisher:open_publisher",
        twins_in="aws_cloudcontrolapi_resource.twin_service",
        # docs.aws.amazon.com, cli/latest/reference/iot
        register_by_hand="""A thing that bears the device's id, with a certificate that has the policy:

```sh
aws iot create-thing --thing-name "$DEVICE" \\
  --attribute-payload "attributes={twin=$(terraform output -raw twin)}"
arn=$(aws iot create-keys-and-certificate --set-as-active --certificate-pem-outfile certificate.pem \\
  --private-key-outfile private.key --query certificateArn --output text)
aws iot attach-thing-principal --thing-name "$DEVICE" --principal "$arn"
aws iot attach-policy --policy-name "$(terraform output -raw aws_device_policy)" --target "$arn"
```
""",
    ),
)

"""The twin service on AWS: an IoT TwinMaker workspace, its bucket, and the role that it reads with.

AWS's provider has no resource of TwinMaker, so that the workspace comes through Cloud Control. Its component types and
entities are as many as the project has: `operations.twin_publishing` brings those to it once it is there. The role:
docs.aws.amazon.com iot-twinmaker/latest/guide/twinmaker-gs-service-role, narrowed to this bucket and these functions.
"""

import json

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_aws import access, object_stores
from twin2multicloud.terraform.render.on_aws.references import function_arn
from twin2multicloud.terraform.render.scope import CloudScope, key_of

KEY = "twin_service"
WORKSPACE = f"aws_cloudcontrolapi_resource.{KEY}"
_UNUSED = "DO_NOT_DELETE_WORKSPACE_*"
"""Objects with which the service checks that it may write; it deletes them itself."""


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the workspace, where L4 is here."""
    if site.twin_service is None:
        return
    name = site.twin_service.deployed_as
    object_stores.private_bucket(config, KEY, f"{name}-")
    bucket = f"${{aws_s3_bucket.{KEY}.arn}}"
    readers = {each.name: function_arn(key_of(each)) for each in site.twin_readers}
    statements = [
        access.allow(("s3:GetBucketLocation", "s3:ListBucket"), bucket),
        access.allow(("s3:GetObject", "s3:PutObject"), f"{bucket}/*"),
        access.allow("s3:DeleteObject", f"{bucket}/{_UNUSED}"),
        access.allow("lambda:InvokeFunction", *readers.values()),
    ]
    role = access.role(config, KEY, name, "iottwinmaker.amazonaws.com", statements)
    state = {"WorkspaceId": site.twin, "Role": f"${{{role}.arn}}", "S3Location": bucket}
    config.resource(
        "aws_cloudcontrolapi_resource",
        KEY,
        type_name="AWS::IoTTwinMaker::Workspace",
        desired_state=json.dumps(state, separators=(",", ":")),
        depends_on=[f"aws_iam_role_policy.{KEY}", f"aws_s3_bucket_public_access_block.{KEY}"],
    )
    config.output(
        "aws_twin_service",
        f"${{{WORKSPACE}.id}}",
        "TwinMaker workspace: where `t2mc deploy` publishes component types and entities",
    )
    config.output("aws_twin_readers", readers, "ARNs of the functions that its component types read through")

"""What whoever deploys has to be allowed on AWS, by resource type of the configuration. Pure.

The calls are those that hashicorp/aws 5.100.0 makes to create, read and destroy what is rendered, by its own log, which
`tests/functional/test_terraform_aws.py` holds against this table; updates and what a young permission asks for are by
docs.aws.amazon.com service-authorization/latest/reference, as are the names where they are not the calls' own (S3).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from twin2multicloud.ports.cloud_account import Needs

_S3 = (
    "s3:CreateBucket", "s3:DeleteBucket", "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS",
    "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:PutBucketTagging",
    "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions",
)  # fmt: skip


def _calls(service: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{service}:{name}" for name in names)


_BY_KIND: Mapping[str, tuple[str, ...]] = {
    # The workspace: its handlers' permissions by its CloudFormation schema, and what `clouds/aws/twin_publisher` calls.
    "aws_cloudcontrolapi_resource": (
        *_calls(
            "cloudformation", "CreateResource", "DeleteResource", "GetResource", "GetResourceRequestStatus",
            "UpdateResource",
        ),
        *_calls(
            "iottwinmaker", "CreateComponentType", "CreateEntity", "CreateWorkspace", "DeleteComponentType",
            "DeleteEntity", "DeleteScene", "DeleteWorkspace", "GetComponentType", "GetEntity", "GetWorkspace",
            "ListComponentTypes", "ListEntities", "ListScenes", "ListTagsForResource", "TagResource", "UntagResource",
            "UpdateComponentType", "UpdateEntity", "UpdateWorkspace",
        ),
        "iam:PassRole",
    ),
    "aws_cloudwatch_event_bus": _calls(
        "events", "CreateEventBus", "DeleteEventBus", "DescribeEventBus", "ListTagsForResource", "TagResource"
    ),
    "aws_cloudwatch_event_rule": _calls(
        "events", "DeleteRule", "DescribeRule", "ListTagsForResource", "PutRule", "TagResource"
    ),
    "aws_cloudwatch_event_target": _calls("events", "ListTargetsByRule", "PutTargets", "RemoveTargets"),
    "aws_cloudwatch_log_group": _calls(
        "logs", "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "ListTagsForResource", "PutRetentionPolicy",
        "TagResource",
    ),
    "aws_dynamodb_table": (
        *_calls(
            "dynamodb", "CreateTable", "DeleteTable", "DescribeContinuousBackups", "DescribeTable",
            "DescribeTimeToLive", "ListTagsOfResource", "TagResource", "UpdateContinuousBackups", "UpdateTable",
            "UpdateTimeToLive",
        ),
        "kms:DescribeKey",
    ),
    "aws_iam_role": _calls(
        "iam", "CreateRole", "DeleteRole", "GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole",
        "ListRolePolicies", "TagRole", "UpdateAssumeRolePolicy",
    ),
    "aws_iam_role_policy": _calls("iam", "DeleteRolePolicy", "GetRolePolicy", "PutRolePolicy"),
    "aws_iot_policy": _calls(
        "iot", "CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy",
        "ListPolicyVersions", "ListTagsForResource", "TagResource",
    ),
    "aws_iot_topic_rule": (
        *_calls(
            "iot", "CreateTopicRule", "DeleteTopicRule", "GetTopicRule", "ListTagsForResource", "ListTopicRules",
            "ReplaceTopicRule", "TagResource",
        ),
        "iam:PassRole",
    ),
    "aws_lambda_event_source_mapping": _calls(
        "lambda", "CreateEventSourceMapping", "DeleteEventSourceMapping", "GetEventSourceMapping", "ListTags",
        "TagResource", "UpdateEventSourceMapping",
    ),
    "aws_lambda_function": (
        *_calls(
            "lambda", "CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionCodeSigningConfig",
            "ListVersionsByFunction", "TagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration",
        ),
        "iam:PassRole",
    ),
    "aws_lambda_function_url": _calls(
        "lambda", "AddPermission", "CreateFunctionUrlConfig", "DeleteFunctionUrlConfig", "GetFunctionUrlConfig",
        "RemovePermission", "UpdateFunctionUrlConfig",
    ),
    "aws_lambda_permission": _calls("lambda", "AddPermission", "GetPolicy", "RemovePermission"),
    "aws_s3_bucket": _S3,
    "aws_s3_bucket_lifecycle_configuration": _calls("s3", "GetLifecycleConfiguration", "PutLifecycleConfiguration"),
    "aws_s3_bucket_public_access_block": _calls("s3", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "aws_scheduler_schedule": (
        *_calls("scheduler", "CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"),
        "iam:PassRole",
    ),
    "aws_secretsmanager_secret": _calls(
        "secretsmanager", "CreateSecret", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "TagResource"
    ),
    "aws_secretsmanager_secret_version": _calls(
        "secretsmanager", "DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"
    ),
    "aws_sqs_queue_policy": _calls("sqs", "GetQueueAttributes", "SetQueueAttributes"),
    "aws_sqs_queue": _calls(
        "sqs", "CreateQueue", "DeleteQueue", "GetQueueAttributes", "ListQueueTags", "SetQueueAttributes", "TagQueue"
    ),
}  # fmt: skip

_DATA: Mapping[str, tuple[str, ...]] = {
    "aws_caller_identity": ("sts:GetCallerIdentity",),
    "aws_iot_endpoint": ("iot:DescribeEndpoint",),
    "aws_partition": (),
}


def needs(config: Mapping[str, Any]) -> Needs:
    """What a configuration takes of the account. Raises KeyError for a resource type that the table lacks."""
    kinds = [kind for kind in config["resource"] if kind.startswith("aws_")]
    data = [kind for kind in config.get("data", {}) if kind.startswith("aws_")]
    found = {each for kind in kinds for each in _BY_KIND[kind]} | {each for kind in data for each in _DATA[kind]}
    functions = config["resource"].get("aws_lambda_function", {})
    tables = config["resource"].get("aws_dynamodb_table", {})
    return Needs(
        permissions=tuple(sorted(found)),
        names=(
            *(("Lambda function", each["function_name"]) for each in functions.values()),
            *(("DynamoDB table", each["name"]) for each in tables.values()),
        ),
        functions=len(functions),
        is_open="aws_lambda_function_url" in config["resource"],
    )


def policy(permissions: Sequence[str], twin: str) -> Mapping[str, Any]:
    """An IAM policy with those actions. Roles are narrowed to the twin's: who may make any role may do everything."""
    roles = [each for each in permissions if each.startswith("iam:")]
    others = [each for each in permissions if not each.startswith("iam:")]
    allowed = [("Resources", others, "*"), ("Roles", roles, f"arn:aws:iam::*:role/{twin}-*")]
    statements = [
        {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
        for name, actions, resource in allowed
        if actions
    ]
    return {"Version": "2012-10-17", "Statement": statements}

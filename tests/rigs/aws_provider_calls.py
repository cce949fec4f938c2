"""The calls that the real hashicorp/aws 5.100.0 made to plan, apply, plan again and destroy AWS's part of a twin.

By its own log (TF_LOG_PROVIDER=DEBUG) over moto; `tests/functional/test_terraform_aws.py` holds later runs against it.
Rules, their targets and policies of queues came after that run: their calls are by the provider's documentation.
"""

import re
from collections.abc import Iterable

CALLS = {
    "CloudWatch Logs": "CreateLogGroup DeleteLogGroup DescribeLogGroups ListTagsForResource PutRetentionPolicy",
    "DynamoDB": "CreateTable DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive "
    "ListTagsOfResource UpdateContinuousBackups",
    "EventBridge": "CreateEventBus DeleteEventBus DeleteRule DescribeEventBus DescribeRule ListTagsForResource "
    "ListTargetsByRule PutRule PutTargets RemoveTargets",
    "IAM": "CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies "
    "ListInstanceProfilesForRole ListRolePolicies PutRolePolicy",
    "IoT": "CreatePolicy CreateTopicRule DeletePolicy DeleteTopicRule DescribeEndpoint GetPolicy GetTopicRule "
    "ListPolicyVersions ListTagsForResource ListTopicRules",
    "KMS": "DescribeKey",
    "Lambda": "AddPermission CreateEventSourceMapping CreateFunction CreateFunctionUrlConfig DeleteEventSourceMapping "
    "DeleteFunction DeleteFunctionUrlConfig GetEventSourceMapping GetFunction "
    "GetFunctionCodeSigningConfig GetFunctionUrlConfig GetPolicy ListTags "
    "ListVersionsByFunction RemovePermission",
    "S3": "CreateBucket DeleteBucket DeletePublicAccessBlock GetBucketAccelerateConfiguration GetBucketAcl "
    "GetBucketCors GetBucketEncryption GetBucketLifecycleConfiguration GetBucketLogging GetBucketPolicy "
    "GetBucketReplication GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite "
    "GetObjectLockConfiguration GetPublicAccessBlock HeadBucket PutBucketTagging PutPublicAccessBlock",
    "SQS": "CreateQueue DeleteQueue GetQueueAttributes ListQueueTags SetQueueAttributes",
    "STS": "GetCallerIdentity",
    "Scheduler": "CreateSchedule DeleteSchedule GetSchedule",
    "Secrets Manager": "CreateSecret DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue PutSecretValue",
}

_PREFIXES = {"CloudWatch Logs": "logs", "EventBridge": "events", "Secrets Manager": "secretsmanager"}
_OF_S3 = {
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""docs.aws.amazon.com service-authorization/latest/reference/list_amazons3.html: actions with other names."""

_DISPENSABLE = ("IAM", "GetUser")  # the provider asks for the account's id, and goes on without an answer


def permissions_of_calls() -> set[str]:
    """The IAM actions that the calls take."""
    calls = {(service, name) for service, names in CALLS.items() for name in names.split()}
    return {_action(*each) for each in calls}


def unknown_calls(log: Iterable[str]) -> set[tuple[str, str]]:
    """The calls in a provider's log that are not among those."""
    known = {(service, name) for service, names in CALLS.items() for name in names.split()}
    found = set()
    for line in log:
        method = re.search(r"rpc\.method=(\w+)", line)
        service = re.search(r'rpc\.service=(?:"([^"]+)"|(\w+))', line)
        if method and service:
            found.add((service[1] or service[2], method[1]))
    return found - known - {_DISPENSABLE}


def _action(service: str, name: str) -> str:
    prefix = _PREFIXES.get(service, service.lower())
    return f"{prefix}:{_OF_S3.get(name, name) if service == 'S3' else name}"

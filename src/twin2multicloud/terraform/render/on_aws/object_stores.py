"""Cold store and archive on AWS: an S3 bucket each. Objects get their storage class when they are written.

Who may use it is in `access`. Buckets are private, encrypted by default and not versioned: an object is written once
and never changed, and what a mover deletes is in the next tier.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import CloudScope, key_of

_UNFINISHED_DAYS = 7


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the buckets of the tiers that are here. A bucket's name is unique in the world, so AWS completes it."""
    for store in site.object_stores:
        key = key_of(store)
        bucket = private_bucket(config, key, f"{store.deployed_as}-")
        config.resource(
            "aws_s3_bucket_lifecycle_configuration",
            key,
            bucket=f"${{{bucket}.id}}",
            rule=[
                {
                    "id": "unfinished-uploads",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": _UNFINISHED_DAYS}],
                }
            ],
        )
        config.output(f"aws_{key}", f"${{{bucket}.bucket}}", f"S3 bucket of the {store.name}")


def private_bucket(config: Configuration, key: str, prefix: str) -> str:
    """Declare a bucket that nobody outside the account reads; its address."""
    bucket = config.resource(
        "aws_s3_bucket",
        key,
        bucket_prefix=prefix,
        force_destroy=True,  # as `t2mc destroy` says
    )
    config.resource(
        "aws_s3_bucket_public_access_block",
        key,
        bucket=f"${{{bucket}.id}}",
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    return bucket

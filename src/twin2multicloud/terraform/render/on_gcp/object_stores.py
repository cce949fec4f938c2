"""Cold store and archive on Google Cloud: a bucket each. Objects get their storage class when they are written.

Who may use it is in `access`. Buckets are private and not versioned: an object is written once and never changed, and
what a mover deletes is in the next tier. Without soft delete, since deleted bytes would be paid for a week more.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import REGION, SERVICES_ON
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope, key_of

_UNFINISHED_DAYS = 7


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the buckets of the tiers that are here."""
    for store in site.object_stores:
        key = key_of(store)
        bucket = config.resource(
            "google_storage_bucket",
            key,
            name=f"{store.deployed_as}-{SUFFIX}",
            location=REGION,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=True,  # as `t2mc destroy` says
            soft_delete_policy=[{"retention_duration_seconds": 0}],
            lifecycle_rule=[
                {"action": [{"type": "AbortIncompleteMultipartUpload"}], "condition": [{"age": _UNFINISHED_DAYS}]}
            ],
            depends_on=SERVICES_ON,
        )
        config.output(f"gcp_{key}", f"${{{bucket}.name}}", f"Cloud Storage bucket of the {store.name}")

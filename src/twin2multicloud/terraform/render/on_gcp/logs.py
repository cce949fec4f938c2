"""Where Google Cloud's functions log: a log bucket of the twin's own, with retention, and the sink that fills it."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import PROJECT, REGION, SERVICES_ON
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare both. A sink into the project's own bucket needs no grant (logging/docs/export/configure_export_v2)."""
    bucket = config.resource(
        "google_logging_project_bucket_config",
        "logs",
        project=PROJECT,
        location=REGION,
        bucket_id=f"{site.twin}-logs-{SUFFIX}",  # a deleted one keeps its name for a week (logging/docs/buckets)
        retention_days="${var.log_retention_days}",
        depends_on=SERVICES_ON,
    )
    names = " OR ".join(f'"{each.component.deployed_as}"' for each in site.functions)
    config.resource(
        "google_logging_project_sink",
        "logs",
        name=f"{site.twin}-logs",
        destination=f"logging.googleapis.com/${{{bucket}.id}}",
        filter=f'resource.type="cloud_run_revision" AND resource.labels.service_name=({names})',
        unique_writer_identity=True,
    )

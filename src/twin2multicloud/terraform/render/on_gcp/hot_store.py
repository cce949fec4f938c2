"""The hot store on Google Cloud, error and event table: Firestore databases, as ``clouds/gcp/hot_store.py`` has them.

Who may use it is in `access`. Queries go by the field ``sort_key``, which Firestore indexes by itself; a reading's
values are never queried and exempt, because every indexed field is paid for at each write.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.on_gcp.references import REGION, SERVICES_ON
from twin2multicloud.terraform.render.references import SUFFIX
from twin2multicloud.terraform.render.scope import CloudScope

_COLLECTION = "readings"
_NOT_INDEXED = ("values", "exact")


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the database where L3-hot is here, and that of the event table where L2 is."""
    if site.event_table is not None:
        rows(config, "event_table", site.event_table.deployed_as)
    if site.store is None:
        return
    rows(config, "hot_store", site.store.deployed_as, fields="readings")
    config.output("gcp_hot_store", "${google_firestore_database.hot_store.id}", "Full name of the Firestore database")


def rows(config: Configuration, key: str, name: str, *, fields: str = "") -> None:
    """Declare a database of rows, whose values have no index."""
    database(config, key, name)
    for field in _NOT_INDEXED:
        config.resource(
            "google_firestore_field",
            f"{fields or key}_{field}",
            database=f"${{google_firestore_database.{key}.name}}",
            collection=_COLLECTION,
            field=field,
            index_config=[{}],  # there, and empty: no index
        )


def database(config: Configuration, key: str, name: str) -> None:
    """Declare a Firestore database. Its edition cannot be changed later."""
    config.resource(
        "google_firestore_database",
        key,
        name=f"{name}-{SUFFIX}",  # a deleted database keeps its name for some minutes (firestore/docs/manage-databases)
        location_id=REGION,
        type="FIRESTORE_NATIVE",
        database_edition="STANDARD",
        point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_ENABLED",
        deletion_policy="DELETE",
        depends_on=SERVICES_ON,
    )

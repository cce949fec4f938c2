"""The hot store on AWS, the error and the event table: DynamoDB tables, keyed as ``clouds/aws/hot_store.py`` reads it.

Who may use it is in `access`.
"""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import CloudScope

PARTITION, SORT = "device_id", "sort_key"


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the table where L3-hot is here, and the event table where L2 is."""
    if site.event_table is not None:
        table(config, "event_table", site.event_table.deployed_as)
    if site.store is None:
        return
    table(config, "hot_store", site.store.deployed_as)
    config.output("aws_hot_store", "${aws_dynamodb_table.hot_store.name}", "DynamoDB table of recent readings")


def table(config: Configuration, key: str, name: str) -> None:
    """Declare a table. Paid by request: a twin at rest costs its storage only."""
    config.resource(
        "aws_dynamodb_table",
        key,
        name=name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=PARTITION,
        range_key=SORT,
        attribute=[{"name": PARTITION, "type": "S"}, {"name": SORT, "type": "S"}],
        point_in_time_recovery=[{"enabled": True}],
        server_side_encryption=[{"enabled": True}],
    )

"""AWS's error topic: an EventBridge bus of the twin's own. Who may put events there is in `access`."""

from twin2multicloud.terraform.render.configuration import Configuration
from twin2multicloud.terraform.render.scope import CloudScope


def render(config: Configuration, site: CloudScope) -> None:
    """Declare the bus."""
    config.resource("aws_cloudwatch_event_bus", "error_topic", name=site.error_topic.deployed_as)

"""How each emulated cloud starts a function: native events made from bytes, through the cloud's real entrypoint.

All three start functions by device, queue, HTTP and call.
"""

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.events.event_source import EventSource


def event_source(cloud: Cloud) -> EventSource:
    """The event source of a cloud. Imports that cloud's alone: a bundle has the code of no other."""
    match cloud:
        case Cloud.AWS:
            from twin2multicloud.emulator.events.aws import AwsEventSource

            return AwsEventSource()
        case Cloud.AZURE:
            from twin2multicloud.emulator.events.azure import AzureEventSource

            return AzureEventSource()
        case Cloud.GCP:
            from twin2multicloud.emulator.events.gcp import GcpEventSource

            return GcpEventSource()

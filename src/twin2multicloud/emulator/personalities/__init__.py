"""How each emulated cloud starts a function: native events made from bytes, through the cloud's real entrypoint.

The same four verbs in all three: `on_device`, `on_queue`, `on_http`, `on_call`.
"""

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.personalities.personality import Personality


def personality(cloud: Cloud) -> Personality:
    """The personality of a cloud. Imports that cloud's alone: a bundle has the code of no other."""
    match cloud:
        case Cloud.AWS:
            from twin2multicloud.emulator.personalities.aws import AwsPersonality

            return AwsPersonality()
        case Cloud.AZURE:
            from twin2multicloud.emulator.personalities.azure import AzurePersonality

            return AzurePersonality()
        case Cloud.GCP:
            from twin2multicloud.emulator.personalities.gcp import GcpPersonality

            return GcpPersonality()

"""How a device reaches its deployed twin: the settings of its firmware beside its credentials. Holds no key."""

import msgspec

from twin2multicloud.domain.placement import Cloud


class Connection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one device connects, as whom, and where to it publishes. `sign_in` says what its files are for.

    Over MQTT it publishes to `topic`; over HTTPS it posts to `url`.
    """

    device_id: str
    cloud: Cloud
    protocol: str
    host: str
    port: int
    client_id: str = ""
    user_name: str = ""
    topic: str = ""
    url: str = ""  # of HTTPS publish: a reading, or a list of them, as the body of a POST
    sign_in: str

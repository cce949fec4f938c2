"""How a device reaches its twin: the settings of its firmware, which hold no key, and what it shows at its sign-in."""

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


class DeviceKey(msgspec.Struct, frozen=True):
    """What one device shows at its sign-in: a password, or a client certificate with its key (PEM). Never logged."""

    password: str = ""
    certificate: str = ""
    private_key: str = ""

    def __repr__(self) -> str:
        """Without the texts, since it may end up in a log."""
        return "DeviceKey()"

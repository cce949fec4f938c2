"""Device gateway (L1): receives publishes over HTTPS on a cloud without a device service.

``POST /topics/dt/<twin>/<device>/telemetry``, as AWS IoT Core has it (HTTPS publish, ``POST /topics/<topic>``), with
Basic authentication: device id and key. Knows who may publish where from its authenticator. What the dispatcher would
refuse whole is refused here: the device can be told.
"""

import base64
from typing import TYPE_CHECKING

from twin2multicloud.domain.clock_skew import DEFAULT, ClockSkew, read_policy
from twin2multicloud.domain.components import Trigger
from twin2multicloud.domain.device_topics import IGNORED
from twin2multicloud.domain.errors import FinalError, RetryableError
from twin2multicloud.functions.readings import refusal_of
from twin2multicloud.functions.triggers import Function, RawReading
from twin2multicloud.functions.wiring import Parts
from twin2multicloud.ports.clock import Clock
from twin2multicloud.ports.device_authenticator import DeviceAuthenticator
from twin2multicloud.ports.device_ingress import DeviceIngress
from twin2multicloud.wire.environment import optional_env, require_env
from twin2multicloud.wire.http import Request, Response, json_response, refused
from twin2multicloud.wire.receiver import read_body

if TYPE_CHECKING:
    from twin2multicloud.functions.payloads.formats import Formats

MAX_PUBLISH_BYTES = 128 * 1024
"""Of one publish, after decompression. AWS IoT Core takes 128 KB and IoT Hub 256: the least of them, so that a device
need not know which cloud holds L1."""

TOPICS = "/topics/"
_RETRY_AFTER_SECONDS = 1.0


def build(parts: Parts) -> Function:
    """HTTP -> the topic that starts the dispatcher."""
    gateway = DeviceGateway(
        authenticator=parts.ports.authenticator(require_env(parts.env, "DEVICE_REGISTRY_NAME")),
        ingress=parts.ports.ingress(require_env(parts.env, "DEVICE_TOPIC")),
        clock=parts.ports.clock,
        clock_skew=read_policy(optional_env(parts.env, "CLOCK_SKEW")),
        formats=parts.formats,
    )
    return parts.function({Trigger.HTTP: gateway})


class DeviceGateway:
    """Answers 200 only for what the ingress has accepted. A refused publish is not kept."""

    def __init__(
        self,
        *,
        authenticator: DeviceAuthenticator,
        ingress: DeviceIngress,
        clock: Clock,
        clock_skew: ClockSkew = DEFAULT,
        formats: "Formats | None" = None,
    ) -> None:
        self._authenticator, self._ingress = authenticator, ingress
        self._clock, self._clock_skew, self._formats = clock, clock_skew, formats

    def __call__(self, request: Request) -> Response:
        """Answer one publish: 401, 403, 404, 405 are final. Raises FinalError (400, 413, 415) and RetryableError."""
        if request.method == "GET" and request.path == "/health":
            return json_response(200, {"status": "ok"})
        if not request.path.startswith(TOPICS):
            return refused(404, f"devices publish to {TOPICS}<topic>")
        if request.method != "POST":
            return refused(405, f"a publish is a POST, not {request.method[:10]}")
        try:
            return self._publish(request.path[len(TOPICS) :], request)
        except RetryableError as error:
            raise RetryableError(str(error), error.retry_after or _RETRY_AFTER_SECONDS) from error

    def _publish(self, topic: str, request: Request) -> Response:
        user, password = credentials(request.headers.get("authorization", ""))
        if not self._authenticator.knows(user, password):
            return refused(401, "user and password are a device's id and its key")
        device = self._authenticator.device_of(user, topic)
        if device is None:
            return refused(403, f"{user} may not publish to this topic")
        payload = read_body(request)
        if len(payload) > MAX_PUBLISH_BYTES:
            raise FinalError(f"the publish has {len(payload)} bytes, the limit is {MAX_PUBLISH_BYTES}", 413)
        if device == IGNORED:
            return json_response(200, {"status": "received"})
        reason = refusal_of(RawReading(payload, device), self._clock.now(), self._clock_skew, self._formats)
        if reason is not None:
            return refused(400, f"nothing of this publish was taken: {reason}")
        self._ingress.take(device, payload)
        return json_response(200, {"status": "received"})


def credentials(header: str) -> tuple[str, str]:
    """User and password of Basic authentication (RFC 7617), two empty strings if absent.

    They are split at the last colon: an id may contain one, a key never does.
    """
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded).decode().rpartition(":")
    except ValueError:  # not base64, not ASCII, not UTF-8
        return "", ""
    return user, password

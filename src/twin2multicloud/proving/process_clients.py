"""Clients of a twin whose clouds are processes: over MQTT and HTTPS, honest and hostile. Own the ledger's entries."""

import base64
import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from twin2multicloud.domain.device_topics import telemetry_topic
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.deployment import LocalDeployment, load_secrets
from twin2multicloud.operations.readings import connection
from twin2multicloud.proving import load
from twin2multicloud.proving.ledger import Claim, Due, Ledger, acknowledge
from twin2multicloud.proving.load import Attack, Way
from twin2multicloud.proving.steps import Hostile, Publish
from twin2multicloud.wire.http import may_pass
from twin2multicloud.wire.tokens import HEADER

_TIMEOUT = 10.0
_PAUSE, _TRIES = 0.3, 300  # seconds before a publish over HTTPS is sent again, and how often it is
_FIRST_OF_THE_CROWD = 1_000_000  # its publishes are numbered from here on
_A_SECOND = 150.0  # publishes of the crowd


class ProcessClients:
    """Everybody outside the clouds. One connection of the gateway publishes for all devices over MQTT."""

    def __init__(self, deployment: LocalDeployment, ledger: Ledger) -> None:
        self._deployment, self._ledger, self.counts = deployment, ledger, Counter[str]()
        self._secrets = load_secrets(Path(deployment.folder))
        self._lock = threading.Lock()
        self._claims: dict[int, Sequence[Claim]] = {}
        self._early: set[int] = set()  # acknowledged before their sender knew their number
        self._gateway = connection(deployment, on_acknowledged=self._on_acknowledged)
        self._stopped = threading.Event()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """The gateway is connected; a crowd of devices publishes until `end_crowd`."""
        with self._gateway:
            crowd = threading.Thread(target=self._crowd, name="crowd", daemon=True)
            crowd.start()
            try:
                yield
            finally:
                self._stopped.set()
                crowd.join()

    def end_crowd(self, timeout: float) -> bool:
        """No further publishes; whether all were acknowledged in time."""
        self._stopped.set()
        return self._gateway.wait_for_acknowledgements(timeout)

    def publish(self, step: Publish) -> None:
        """An honest device publishes, until it is answered."""
        sent = load.readings(self._deployment.twin.catalog, step.device, step.number, step.readings, _now())
        claims = self._honest(sent, step.number)
        if step.way is Way.MQTT:
            self._mqtt(step.device, load.publish(sent), claims)
            return
        for _ in range(_TRIES):
            status = self._https(step.device, load.publish(sent))
            if status == 200:
                self._told(claims)
                return
            if status is not None and not may_pass(status):
                self._count("load: readings refused", len(claims))
                return
            time.sleep(_PAUSE)

    def attack(self, step: Hostile) -> None:
        """Something hostile, once; what is acknowledged over MQTT is kept."""
        self._count("load: hostile requests")
        garbage, device = load.garbage(step.number), step.device
        sent = load.readings(self._deployment.twin.catalog, device, step.number, 2, _now())
        body = load.publish(sent)
        match step.attack:
            case Attack.GARBAGE:
                self._mqtt(device, garbage, [self._ledger.raw(garbage, step.number, Due.DEAD_LETTER)])
            case Attack.SPOILT:
                spoilt = load.spoilt(step.number)
                claims = [*self._honest(sent, step.number), self._ledger.raw(spoilt, step.number, Due.DEAD_LETTER)]
                self._mqtt(device, b"[" + b",".join([sent[0].body, spoilt, sent[1].body]) + b"]", claims)
            case Attack.IGNORED:
                topic = load.ignored_topic(self._deployment.twin.catalog, device)
                claim = self._ledger.raw(garbage, step.number, Due.IGNORED)
                claim.sent += 1
                if (status := self._https(device, garbage, topic=topic)) == 200:
                    self._told([claim])
                self._refused(status)
            case Attack.REFUSED:
                self._ledger.raw(garbage, step.number, Due.NOWHERE)
                self._refused(self._https(device, garbage))
            case _:
                for each in sent:
                    self._ledger.refused_reading(each, step.number)
                self._forbidden(step.attack, device, body)
                self._noise(step.number)

    def _forbidden(self, attack: Attack, device: str, body: bytes) -> None:
        match attack:
            case Attack.WRONG_KEY:
                self._refused(self._https(device, body, key="0" * 40))
            case Attack.OTHERS_TOPIC:
                topic = telemetry_topic(self._deployment.twin.name, "somebody-else")
                self._refused(self._https(device, body, topic=topic))
            case Attack.TOO_LARGE:
                self._refused(self._https(device, body + b" " * 140_000))
            case _:
                token = "x" * 20 if attack is Attack.WRONG_TOKEN else self._secrets.token
                for end in self._deployment.topology.endpoints:
                    port, headers = self._deployment.site(end.cloud).http_port, {HEADER: token}
                    self._refused(_post(port, end.path, headers, b'{"payload": %b}' % body))

    def _noise(self, number: int) -> None:
        """Bytes that are no MQTT at the device endpoint, and half a request at the other."""
        for port in self._deployment.acquisition.ports:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2.0) as noise:
                noise.sendall(b"POST /topics/x HTTP/1.1\r\ncontent-length: 99\r\n\r\n" + load.garbage(number))

    def _crowd(self) -> None:
        devices, number = load.honest_devices(self._deployment.twin.catalog), _FIRST_OF_THE_CROWD
        while not self._stopped.wait(1 / _A_SECOND):
            device = devices[number % len(devices)]
            sent = load.readings(self._deployment.twin.catalog, device, number, 1, _now())
            self._mqtt(device, load.publish(sent), self._honest(sent, number))
            number += 1

    def _honest(self, sent: Sequence[load.Sent], number: int) -> list[Claim]:
        self._count("load: readings sent", len(sent))
        with self._lock:
            return [self._ledger.reading(each, number) for each in sent]

    def _mqtt(self, device: str, body: bytes, claims: Sequence[Claim]) -> None:
        for each in claims:
            each.sent = 1_000  # the client sends it again by itself
        number = self._gateway.publish(device, body)
        with self._lock:
            early = number in self._early
            self._early.discard(number)
            if not early:
                self._claims[number] = claims
        if early:
            self._told(claims)

    def _on_acknowledged(self, number: int) -> None:
        with self._lock:
            claims = self._claims.pop(number, None)
            if claims is None:
                self._early.add(number)
        if claims is not None:
            self._told(claims)

    def _told(self, claims: Sequence[Claim]) -> None:
        acknowledge(claims)
        self._count("load: readings and hostile bytes acknowledged", len(claims))

    def _https(self, device: str, body: bytes, *, key: str = "", topic: str = "") -> int | None:
        key = key or password(self._secrets.device_key, device)
        path = f"/topics/{topic or telemetry_topic(self._deployment.twin.name, device)}"
        signed = base64.b64encode(f"{device}:{key}".encode()).decode()
        return _post(self._deployment.acquisition.http_port, path, {"authorization": f"Basic {signed}"}, body)

    def _refused(self, status: int | None) -> None:
        self._count(f"load: hostile requests {'not answered' if status is None else f'answered {status}'}")

    def _count(self, what: str, much: int = 1) -> None:
        with self._lock:
            self.counts[what] += much


def _post(port: int, path: str, headers: dict[str, str], body: bytes) -> int | None:
    """The status of an answer; None where there was none."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        client.request("POST", path, body, headers)
        answer = client.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


def _now() -> int:
    return time.time_ns() // 1_000_000

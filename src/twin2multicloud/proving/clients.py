"""Clients of a simulated twin: honest devices, which send until they are answered, and hostile ones. Own the ledger's
entries; look at nothing that a client cannot see."""

import base64
import random
from collections.abc import Mapping, Sequence
from functools import partial

from twin2multicloud.domain.device_topics import IGNORED, telemetry_topic
from twin2multicloud.domain.placement import Cloud, Slot
from twin2multicloud.domain.twin import Twin
from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.deployment import LocalDeployment, LocalSecrets
from twin2multicloud.proving import load
from twin2multicloud.proving.answering import publish
from twin2multicloud.proving.ledger import Claim, Due, Ledger, acknowledge
from twin2multicloud.proving.load import Attack, Way
from twin2multicloud.proving.network import Network
from twin2multicloud.proving.running_cloud import RunningCloud
from twin2multicloud.proving.simulated_machine import EPOCH
from twin2multicloud.proving.steps import Hostile, Publish
from twin2multicloud.proving.turns import Process, Turns
from twin2multicloud.wire.http import Request, Response, may_pass
from twin2multicloud.wire.tokens import HEADER

_PATIENCE = 20.0  # seconds for an answer
_PAUSE, _LONGEST_PAUSE = 2.0, 60.0  # seconds before a publish is sent again: at first, doubling, and at most
_ANSWERS_LOST = 0.03
_TOO_LARGE = 140_000  # bytes


class Clients:
    """Everybody outside the clouds."""

    def __init__(
        self,
        twin: Twin,
        deployment: LocalDeployment,
        secrets: LocalSecrets,
        clouds: Mapping[Cloud, RunningCloud],
        network: Network,
        turns: Turns,
        ledger: Ledger,
        chance: random.Random,
    ) -> None:
        self._twin, self._deployment, self._secrets = twin, deployment, secrets
        self._cloud = clouds[twin.placement[Slot.L1]]
        self._places = {cloud: each.place for cloud, each in clouds.items()}
        self._network, self._turns, self._ledger, self._chance = network, turns, ledger, chance
        self.process = Process("clients")
        self._history = network.history

    def publish(self, step: Publish) -> None:
        """An honest device publishes; its client goes on by itself until it is answered."""
        milliseconds = round(1000 * (EPOCH + step.at))
        sent = load.readings(self._twin.catalog, step.device, step.number, step.readings, milliseconds)
        claims = [self._ledger.reading(each, step.number) for each in sent]
        self._history.count("load: readings sent", len(sent))
        self._send(step.way, step.device, load.publish(sent), claims)

    def attack(self, step: Hostile) -> None:
        """Something hostile, once, or over MQTT until it is acknowledged: what is acknowledged is kept."""
        self._history.count("load: hostile requests")
        garbage, device = load.garbage(step.number), step.device
        sent = load.readings(self._twin.catalog, device, step.number, 2, round(1000 * (EPOCH + step.at)))
        match step.attack:
            case Attack.GARBAGE:
                claim = self._ledger.raw(garbage, step.number, Due.DEAD_LETTER)
                self._send(Way.MQTT, device, garbage, [claim])
            case Attack.SPOILT:
                spoilt = load.spoilt(step.number)
                claims = [self._ledger.reading(each, step.number) for each in sent]
                claims.append(self._ledger.raw(spoilt, step.number, Due.DEAD_LETTER))
                body = b"[" + b",".join([sent[0].body, spoilt, sent[1].body]) + b"]"
                self._send(Way.MQTT, device, body, claims)
            case Attack.REFUSED:
                self._ledger.raw(garbage, step.number, Due.NOWHERE)
                self._refused(self._https(device, garbage))
            case Attack.WRONG_KEY:
                self._refused(self._https(device, self._forbidden(sent, step.number), key="0" * 40))
            case Attack.OTHERS_TOPIC:
                self._refused(self._https(device, self._forbidden(sent, step.number), topic="somebody-else"))
            case Attack.TOO_LARGE:
                body = self._forbidden(sent, step.number)
                self._refused(self._https(device, body + b" " * _TOO_LARGE))
            case Attack.IGNORED:
                self._send(Way.MQTT, IGNORED, garbage, [self._ledger.raw(garbage, step.number, Due.IGNORED)])
            case Attack.WRONG_TOKEN | Attack.UNTYPED:
                self._at_endpoints(step.attack, self._forbidden(sent, step.number))

    def _forbidden(self, sent: Sequence[load.Sent], number: int) -> bytes:
        for each in sent:
            self._ledger.refused_reading(each, number)
        return load.publish(sent)

    def _at_endpoints(self, attack: Attack, payload: bytes) -> None:
        """What is no envelope with the right token, an envelope with a wrong one: each endpoint is asked."""
        for end in self._deployment.topology.endpoints:
            place = self._places[end.cloud]
            token = "x" * 20 if attack is Attack.WRONG_TOKEN else self._secrets.token
            body = b'{"payload": %b}' % payload
            request = Request("POST", end.path, {HEADER: token, "content-type": "application/json"}, body)
            self._refused(self._ask(place, request))

    def _refused(self, answer: Response | None) -> None:
        """Count how something hostile was answered."""
        how = f"answered {answer.status}" if answer else "not answered"
        self._history.count(f"load: hostile requests {how}")

    def _send(self, way: Way, device: str, body: bytes, claims: Sequence[Claim]) -> None:
        self._turns.task(self.process, partial(self._until_answered, way, device, body, claims), "client").start()

    def _until_answered(self, way: Way, device: str, body: bytes, claims: Sequence[Claim]) -> None:
        """Send the same bytes again until they are acknowledged, or refused for good."""
        pause = _PAUSE
        while True:
            for each in claims:
                each.sent += 1
            answer = self._mqtt(device, body) if way is Way.MQTT else self._https(device, body)
            if self._chance.random() < _ANSWERS_LOST:
                answer = None
            if answer is not None and answer.status == 200:
                acknowledge(claims)
                self._history.count("load: readings and hostile bytes acknowledged", len(claims))
                return
            if answer is not None and not may_pass(answer.status):
                self._history.count("load: readings refused", len(claims))
                return
            self._history.count("load: publishes sent again")
            self._turns.wait(self._chance.uniform(pause / 2, pause))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _mqtt(self, device: str, body: bytes) -> Response | None:
        running, machine = self._cloud.running, self._cloud.machine
        if running is None or machine is None or self._cloud.place not in self._network.sites:
            return None
        exchange = self._network.ask(self._cloud.place, partial(publish, running, machine, device, body))
        exchange.done.wait(_PATIENCE)
        return Response(200, {}, b"") if exchange.reply else None

    def _https(self, device: str, body: bytes, *, key: str = "", topic: str = "") -> Response | None:
        key = key or password(self._secrets.device_key, device)
        path = f"/topics/{telemetry_topic(self._twin.name, topic or device)}"
        signed = base64.b64encode(f"{device}:{key}".encode()).decode()
        return self._ask(self._cloud.place, Request("POST", path, {"authorization": f"Basic {signed}"}, body))

    def _ask(self, place: str, request: Request) -> Response | None:
        site = self._network.sites.get(place)
        if site is None:
            return None
        exchange = self._network.ask(place, partial(site.answer, request))
        exchange.done.wait(_PATIENCE)
        answer: Response | None = exchange.reply
        return answer

"""The network between simulated clouds: how long a request takes, and what goes wrong with it. Knows no function."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from twin2multicloud.domain.errors import RetryableError
from twin2multicloud.ports.transport import Reply
from twin2multicloud.proving.history import History
from twin2multicloud.proving.turns import Process, Turns, TurnsEvent
from twin2multicloud.wire.http import Request

_LATENCY = 0.001, 0.02  # seconds of one way, least and most


class Trouble(StrEnum):
    """What goes wrong between two clouds."""

    REFUSED = "partition, refused"  # connections are refused
    SILENT = "partition, silent"  # nothing comes back
    SLOW = "slow answers"
    CUT = "cut answers"  # the other side does what it was asked, and its answer is lost, every second time
    TWICE = "requests twice"  # a request arrives again later, every second time
    TOO_MANY = "429 storm"
    SERVER_ERROR = "5xx storm"


class Exchange(msgspec.Struct, eq=False):
    """A request under way. `reply` stays None where the connection broke, or the process failed."""

    done: TurnsEvent
    reply: Any = None


class Site(msgspec.Struct, eq=False):
    """A process that answers, and what it has not answered yet."""

    process: Process
    answer: Callable[[Request], Reply]
    under_way: list[Exchange] = []


class Network:
    """Between all clouds of a twin. `sites` are those that are up, by the place in their URLs."""

    def __init__(self, turns: Turns, chance: random.Random, history: History) -> None:
        self._turns, self._chance, self.history = turns, chance, history
        self.sites: dict[str, Site] = {}
        self._troubles: dict[tuple[str, str], list[Trouble]] = {}

    @contextmanager
    def trouble(self, source: str, target: str, kind: Trouble) -> Iterator[None]:
        """Something goes wrong from one place to another."""
        troubles = self._troubles.setdefault((source, target), [])
        troubles.append(kind)
        try:
            yield
        finally:
            troubles.remove(kind)

    def close(self, place: str) -> None:
        """A process has ended: its connections break."""
        site = self.sites.pop(place, None)
        for each in site.under_way if site else ():
            each.done.set()

    def post(self, source: str, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """One exchange, as `ports.transport.Transport.post` has it."""
        parts = urlsplit(url)
        target, deadline = parts.netloc, self._turns.now + timeout
        troubles = self._troubles.get((source, target), ())
        self.history.count("net: requests between clouds")
        if Trouble.SILENT in troubles:
            self._turns.wait(timeout)
            raise RetryableError(f"no answer from {target} in time")
        self._turns.wait(self._latency(troubles))
        if Trouble.REFUSED in troubles or target not in self.sites:
            raise RetryableError(f"no answer from {target}: connection refused")
        if Trouble.TOO_MANY in troubles:
            return Reply(429, {"retry-after": str(self._chance.randrange(1, 5))}, b"")
        if Trouble.SERVER_ERROR in troubles:
            return Reply(self._chance.choice((500, 502, 503, 504)), {}, b"<html>no</html>")
        request = Request("POST", parts.path, dict(headers), body)
        exchange = self.ask(target, partial(self.sites[target].answer, request))
        if Trouble.TWICE in troubles and self._chance.random() < 0.5:
            self._turns.wait(self._latency(()))
            if target in self.sites:
                self.history.count("net: requests that arrived twice")
                self.ask(target, partial(self.sites[target].answer, request))
        exchange.done.wait(max(0.0, deadline - self._turns.now))
        self._turns.wait(self._latency(()))
        cut = Trouble.CUT in troubles and self._chance.random() < 0.5
        if exchange.reply is None or cut:
            self.history.count("net: answers that were lost")
            raise RetryableError(f"no answer from {target}: the connection was closed")
        reply: Reply = exchange.reply
        return reply

    def ask(self, target: str, call: Callable[[], object]) -> Exchange:
        """Call something in a process that is up, on a thread of its own."""
        site, exchange = self.sites[target], Exchange(TurnsEvent(self._turns))

        def answer() -> None:
            reply: object = None
            try:
                reply = call()
            except Exception as error:  # whoever asked goes on, and the history fails
                self._turns.failed(self._turns.current, error)
            if self.sites.get(target) is site:
                exchange.reply = reply
                site.under_way.remove(exchange)
                exchange.done.set()

        site.under_way.append(exchange)
        self._turns.task(site.process, answer, "request").start()
        return exchange

    def _latency(self, troubles: object) -> float:
        slow = isinstance(troubles, list) and Trouble.SLOW in troubles
        return self._chance.uniform(*_LATENCY) + (self._chance.uniform(1.0, 40.0) if slow else 0.0)


class Way:
    """A `Transport` from one place."""

    def __init__(self, network: Network, source: str) -> None:
        self._network, self._source = network, source

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """See `ports.transport.Transport.post`."""
        return self._network.post(self._source, url, headers, body, timeout)

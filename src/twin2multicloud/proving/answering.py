"""How a simulated cloud answers requests and publishes: as `emulator.host.server` does on its event loop, on threads.

The answer leaves when what the function staged is durable. Owns no function.
"""

import sqlite3
from collections.abc import Sequence

from twin2multicloud.domain.components import KINDS, Load, Trigger
from twin2multicloud.domain.errors import RetryableError, TwinError
from twin2multicloud.emulator.delivery.durability import when_all_durable
from twin2multicloud.emulator.delivery.group_commit import Group
from twin2multicloud.emulator.delivery.machine import Machine
from twin2multicloud.emulator.host.cloud import EmulatedCloud
from twin2multicloud.emulator.mqtt.service import Published
from twin2multicloud.wire.calls import refusal
from twin2multicloud.wire.http import Request, Response, refused

_PATIENCE_SECONDS = 5.0  # that a request waits for room, as at the real entrance
_LOOK_SECONDS = 1.0


def answer(cloud: EmulatedCloud, machine: Machine, request: Request) -> Response:
    """Answer one request, on a thread of the cloud."""
    try:
        first = request.path.lstrip("/").partition("/")[0]
        if first == "topics":
            return _publish(cloud, machine, request)
        if not cloud.has_endpoint(first):
            return refused(404, "no such endpoint")
        if KINDS[first].load is Load.CHUNKS:  # it waits for the disk itself
            return cloud.request(first, request)
        _wait_for_room(cloud, machine)
        response = cloud.request(first, request)
        wait_until_durable(cloud.staged.take(), machine)
    except TwinError as error:
        return refusal(error)
    except (OSError, sqlite3.Error) as error:
        return refused(503, f"{cloud.cloud}'s disk does not answer ({error})")
    return response


def publish(cloud: EmulatedCloud, machine: Machine, device: str, payload: bytes) -> bool:
    """A publish over MQTT, on a thread of the cloud; whether it is acknowledged."""
    while cloud.backlog.full is not None:
        machine.sleep(_LOOK_SECONDS)
    done, errors = machine.event(), list[Exception | None]()

    def told(error: Exception | None) -> None:
        errors.append(error)
        done.set()

    cloud.ingress.publish([Published(device, payload, cloud.clock.now())], told)
    done.wait()
    return errors[0] is None


def wait_until_durable(groups: Sequence[Group], machine: Machine) -> None:
    """Raises RetryableError where the disk refused."""
    done, errors = machine.event(), list[Exception | None]()

    def told(error: Exception | None) -> None:
        errors.append(error)
        done.set()

    when_all_durable(tuple(groups), told)
    done.wait()
    if errors[0] is not None:
        raise RetryableError(f"the write to disk failed: {errors[0]}")


def _publish(cloud: EmulatedCloud, machine: Machine, request: Request) -> Response:
    gateway = cloud.gateway
    if gateway is None:
        return refused(404, "devices connect to another cloud")
    _wait_for_room(cloud, machine)
    response: Response = gateway.run(Trigger.HTTP, request)
    wait_until_durable(cloud.staged.take(), machine)
    return response


def _wait_for_room(cloud: EmulatedCloud, machine: Machine) -> None:
    deadline = machine.monotonic() + _PATIENCE_SECONDS
    while (reason := cloud.backlog.full) is not None:
        if machine.monotonic() > deadline:
            raise RetryableError(f"too much waits here: {reason}", _PATIENCE_SECONDS)
        machine.sleep(_LOOK_SECONDS)

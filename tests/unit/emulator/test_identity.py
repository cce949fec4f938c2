"""A process is known by number, start time and what it runs; whatever else a file says, nobody is signalled."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.clouds import AWS
from tests.rigs.twins import twin
from twin2multicloud.domain.placement import Placement
from twin2multicloud.emulator.host.deployment import LocalDeployment, prepare
from twin2multicloud.emulator.host.identity import Identity, look_at
from twin2multicloud.emulator.host.processes import kill, misnamed, note_identity, pid_of, stop
from twin2multicloud.operations.bring_up import take_down
from twin2multicloud.project.loader import Project

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def deployment(tmp_path: Path) -> LocalDeployment:
    made = prepare(Project(folder=tmp_path, twin=twin(Placement.single(AWS)), notes=(), processors={}))
    made.state.process(AWS).mkdir()
    return made


@pytest.fixture
def cloud(deployment: LocalDeployment) -> Iterator[subprocess.Popen[bytes]]:
    """A process that passes for the cloud: folder and name end its command line."""
    yield from _running(deployment.folder, AWS)


@pytest.fixture
def stranger(deployment: LocalDeployment) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the user's that has a file of the project open: an editor, say."""
    yield from _running(f"{deployment.folder}/notes.txt")


def _running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP, *arguments], start_new_session=True) as process:
        yield process
        process.kill()


def test_our_process_is_known_and_stopped(deployment: LocalDeployment, cloud: subprocess.Popen[bytes]) -> None:
    note_identity(deployment, AWS, cloud.pid)
    assert pid_of(deployment, AWS) == cloud.pid
    assert misnamed(deployment, AWS) is None
    assert stop(deployment, AWS)
    assert pid_of(deployment, AWS) is None


@pytest.mark.parametrize(
    "content",
    [b"-1", b"0", b"1", b"99999999999999999999999", b"", b"\xff\x00", b'{"pid": -1, "started": "1"}', b"[]", b'{"pid"'],
)
def test_a_file_that_names_no_process_signals_nobody(
    deployment: LocalDeployment, content: bytes, signals: list[tuple[int, int]]
) -> None:
    deployment.state.process_id(AWS).write_bytes(content)
    assert pid_of(deployment, AWS) is None
    said: list[str] = []
    assert take_down(deployment, said.append) == []
    kill(deployment, AWS)
    assert signals == []
    (sentence,) = said
    assert "aws" in sentence
    assert "left alone" in sentence


def test_another_program_is_left_alone(
    deployment: LocalDeployment, stranger: subprocess.Popen[bytes], signals: list[tuple[int, int]]
) -> None:
    note_identity(deployment, AWS, stranger.pid)
    said: list[str] = []
    assert take_down(deployment, said.append) == []
    assert signals == []
    assert str(stranger.pid) in said[0]


def test_a_number_that_was_used_again_is_another_process(
    deployment: LocalDeployment, cloud: subprocess.Popen[bytes], signals: list[tuple[int, int]]
) -> None:
    seen = look_at(cloud.pid)
    assert seen is not None
    Identity(cloud.pid, f"{seen.started}0").write(deployment.state.process_id(AWS))
    assert not stop(deployment, AWS)
    assert signals == []


def test_a_process_that_has_ended_is_no_news(deployment: LocalDeployment, cloud: subprocess.Popen[bytes]) -> None:
    note_identity(deployment, AWS, cloud.pid)
    cloud.kill()
    cloud.wait()
    said: list[str] = []
    assert take_down(deployment, said.append) == []
    assert said == []


def test_a_folder_in_the_place_of_the_file_is_said(deployment: LocalDeployment) -> None:
    deployment.state.process_id(AWS).mkdir()
    assert pid_of(deployment, AWS) is None
    assert "left alone" in str(misnamed(deployment, AWS))


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What is signalled while this fixture is in use is written down, and not sent."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    monkeypatch.setattr(os, "killpg", lambda pid, number: sent.append((-pid, number)))
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda file, number: sent.append((file, number)), raising=False)
    return sent

"""TLS connections of an MQTT endpoint: whoever says nothing, or only something else, keeps nobody out."""

import asyncio
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from tests.rigs.mqtt import RigEndpoint, connect

from twin2multicloud.emulator.mqtt import listener as module
from twin2multicloud.emulator.mqtt.listener import Listener, room_for_connections

pytestmark = pytest.mark.functional

SIGNED_IN = b"\x20\x02\x00\x00"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "c.pem", folder / "k.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*made, "-keyout", key, "-out", pem], check=True, capture_output=True)
    return pem, key


async def signed_in(port: int, user: str, tls: ssl.SSLContext | None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(connect(user, user))
    answer = await reader.readexactly(4)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return answer


def test_silent_connections_and_other_protocols_keep_nobody_out(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HANDSHAKE_SECONDS", 0.3)
    pem, key = certificate
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=pem)
    ours.load_cert_chain(pem, key)
    theirs.check_hostname = False

    async def scenario() -> None:
        listener = Listener(RigEndpoint().service, 0, ours)
        silent = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(50)]
        other = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(20)]
        for _, writer in other:
            writer.write(b"\x16")  # the beginning of a handshake, and no more
        answers = await asyncio.gather(*(signed_in(listener.port, f"d{number}", theirs) for number in range(20)))
        assert answers == [SIGNED_IN] * 20
        for reader, writer in [*silent, *other]:
            assert await asyncio.wait_for(reader.read(), 5) == b"", "closed at last"
            writer.close()
        listener.close()

    asyncio.run(scenario())


def test_the_oldest_silent_connection_gives_way(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SILENT", 3)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(*certificate)

    async def scenario() -> None:
        listener = Listener(RigEndpoint().service, 0, ours)
        crowd = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(4)]
        assert await asyncio.wait_for(crowd[0][0].read(), 5) == b""
        assert not crowd[1][0].at_eof()
        for _, writer in crowd:
            writer.close()
        listener.close()

    asyncio.run(scenario())


def test_without_tls_many_come_at_once() -> None:
    async def scenario() -> None:
        listener = Listener(RigEndpoint().service, 0, None)
        answers = await asyncio.gather(*(signed_in(listener.port, f"d{number}", None) for number in range(100)))
        assert answers == [SIGNED_IN] * 100
        listener.close()

    asyncio.run(scenario())


def test_some_file_descriptors_are_left_for_others() -> None:
    assert 500 <= room_for_connections() <= 65_536 - 500

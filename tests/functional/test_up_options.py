"""`t2mc up` with options: what cannot be is one sentence before anything starts; what it prints is what is spoken."""

import shutil
import socket
import ssl
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rigs.clouds import AWS, GCP
from tests.rigs.command_line import Done, t2mc
from tests.rigs.running_twin import placement, write_project

from twin2multicloud.emulator.adapters.device_authenticator import password
from twin2multicloud.emulator.host.deployment import load_deployment, load_secrets
from twin2multicloud.emulator.host.processes import pid_of
from twin2multicloud.operations.tls_files import own_certificate

pytestmark = pytest.mark.functional


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    project = write_project(tmp_path / "p", placement(AWS, AWS, GCP))
    yield project
    t2mc("down", project)


def _refused(done: Done, *words: str) -> None:
    """One sentence, exit code 2."""
    assert done.returncode == 2, done.stdout + done.stderr
    text = " ".join(done.stderr.split())
    assert "Traceback" not in text
    for word in words:
        assert word in text


def _nothing_runs(folder: Path) -> None:
    assert "nothing was running" in t2mc("down", folder).stdout or not (folder / ".t2mc" / "deployment.json").exists()


def test_tls_alone_makes_a_certificate_and_devices_publish_over_https(folder: Path) -> None:
    up = t2mc("up", folder, "--no-dashboard", "--tls")
    assert up.returncode == 0, up.stderr
    deployment = load_deployment(folder)
    assert deployment.tls is not None
    site = deployment.acquisition
    assert f"mqtts://127.0.0.1:{site.mqtt_port} or https://127.0.0.1:{site.https_port}/topics/…" in up.stdout
    trust = ssl.create_default_context(cafile=deployment.tls.certificate)
    plain = socket.create_connection(("127.0.0.1", site.mqtt_port or 0), timeout=5)
    with trust.wrap_socket(plain, server_hostname="localhost") as secured:
        assert secured.version()
    key = password(load_secrets(folder).device_key, "d1")
    request = urllib.request.Request(
        f"{deployment.publish_url}/topics/dt/testtwin/d1/telemetry",
        data=b'{"integer": 7}',
        headers={"Authorization": f"Basic {b64encode(f'd1:{key}'.encode()).decode()}"},
    )
    with urllib.request.urlopen(request, timeout=5, context=trust) as answer:
        assert answer.status == 200
    assert t2mc("up", folder, "--no-dashboard", "--tls").returncode == 0  # the same certificate: already up
    registered = t2mc("devices", "register", folder, "--local", "--device", "d1")
    assert f"--cacert {deployment.tls.certificate}" in " ".join(registered.stdout.split()), registered.stdout
    assert (Path(deployment.tls.key).stat().st_mode & 0o777) == 0o600


def test_tls_on_a_twin_that_is_up_without_is_refused(folder: Path) -> None:
    assert t2mc("up", folder, "--no-dashboard").returncode == 0
    _refused(t2mc("up", folder, "--no-dashboard", "--tls"), "aws, gcp already up without TLS", "t2mc down")
    own = own_certificate(folder)
    again = t2mc("up", folder, "--no-dashboard", "--tls-cert", own.certificate, "--tls-key", own.key)
    _refused(again, "already up without TLS")


def test_certificates_that_no_server_can_use_are_one_sentence(folder: Path, tmp_path: Path) -> None:
    own = own_certificate(folder)
    other = own_certificate(write_project(tmp_path / "q", placement(AWS, AWS, AWS)))

    def up(certificate: object, key: object) -> Done:
        return t2mc("up", folder, "--no-dashboard", "--tls-cert", certificate, "--tls-key", key)

    _refused(up(own.key, own.certificate), "--tls-cert", "holds no certificate", "swapped?")
    _refused(up(own.certificate, other.key), "--tls-key", f"{other.key} is not the key of {own.certificate}")
    _refused(up(tmp_path / "none.pem", own.key), "--tls-cert", "none.pem cannot be read: No such file")
    _refused(t2mc("up", folder, "--tls-cert", own.certificate), "--tls-cert without --tls-key")
    _refused(t2mc("up", folder, "--tls", "--tls-cert", own.certificate), "one or the other")
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    _refused(up(broken, own.key), "broken.pem", "cannot be used")
    locked = tmp_path / "locked.pem"
    openssl = shutil.which("openssl") or "openssl"
    subprocess.run([openssl, "rsa", "-aes256", "-passout", "pass:geheim", "-in", own.key, "-out", locked], check=True)
    _refused(up(own.certificate, locked), "protected by a password")
    _nothing_runs(folder)


def test_a_port_that_is_none_or_taken_is_one_sentence_and_not_kept(folder: Path) -> None:
    _refused(t2mc("up", folder, "--port", "99999"), "--port", "65535")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        _refused(t2mc("up", folder, "--port", port), f"--port {port}: another program uses this port")
    _nothing_runs(folder)
    assert not (folder / ".t2mc" / "deployment.json").exists()


def test_a_foreign_server_is_not_taken_for_the_page(folder: Path) -> None:
    assert t2mc("up", folder, "--no-dashboard").returncode == 0
    deployment = load_deployment(folder)
    with socket.create_server(("127.0.0.1", deployment.dashboard_port)):
        taken = t2mc("up", folder)
        _refused(taken, f"dashboard did not start: another program uses its port {deployment.dashboard_port}", "--port")
        assert pid_of(deployment, "dashboard") is None
        assert "dashboard" not in t2mc("status", folder).stdout


@pytest.mark.slow
def test_another_port_for_a_page_that_is_up_is_refused(folder: Path) -> None:
    assert t2mc("up", folder).returncode == 0
    up_on = load_deployment(folder).dashboard_port
    _refused(t2mc("up", folder, "--port", up_on + 1), f"the dashboard is already up on {up_on}", "t2mc down")
    assert f"http://127.0.0.1:{up_on}" in t2mc("status", folder).stdout

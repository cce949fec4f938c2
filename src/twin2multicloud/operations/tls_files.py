"""Certificates for a twin on this machine: makes its own, and checks those that a person gives. Opens no socket.

OpenSSL's program makes them: every system that runs the emulator has it, and Python can read certificates only.
"""

import shutil
import ssl
import subprocess
from pathlib import Path

from twin2multicloud.domain.errors import ConfigurationError
from twin2multicloud.emulator.host.deployment import Tls
from twin2multicloud.project.json_files import OWNER_ONLY, write_atomically
from twin2multicloud.project.state_folder import StateFolder

DAYS = 365
_SOON = 24 * 3600  # s; a certificate that ends within a day is made anew


def own_certificate(project: Path) -> Tls:
    """The certificate of a project's twin for ``127.0.0.1`` and ``localhost``, good for a year; made where none is.

    Clients trust the certificate itself: it is signed by its own key. Raises ConfigurationError where OpenSSL is not
    installed or does not make one.
    """
    state = StateFolder(project)
    tls = Tls(str(state.tls / "certificate.pem"), str(state.tls / "key.pem"))
    openssl = shutil.which("openssl")
    if openssl is None:
        raise ConfigurationError(
            "--tls needs openssl, which is not installed; install it, or give --tls-cert and --tls-key"
        )
    if not _is_good(openssl, tls):
        state.make()
        state.tls.mkdir(mode=0o700, exist_ok=True)
        _make(openssl, tls)
    return tls


def twin_certificate(project: Path) -> Tls | None:
    """The same certificate for a twin service whose clients refuse plain HTTP; None where OpenSSL is not installed."""
    return own_certificate(project) if shutil.which("openssl") else None


def with_all_trusted(tls: Tls) -> str:
    """A file of all certificates that this machine trusts and of the server's own: clients take one file, not one more.

    It stands beside the certificate; its path.
    """
    paths = ssl.get_default_verify_paths()
    usual = next((path for path in (paths.cafile, paths.openssl_cafile) if path and Path(path).is_file()), "")
    trusted = Path(usual).read_bytes() if usual else b""
    together = Path(tls.certificate).with_name("trusted.pem")
    write_atomically(together, trusted + b"\n" + Path(tls.certificate).read_bytes())
    return str(together)


def check(tls: Tls) -> None:
    """Raises ConfigurationError where a server cannot use the two files: which of them, and why."""
    for path, what, option in ((tls.certificate, "certificate", "--tls-cert"), (tls.key, "key", "--tls-key")):
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise ConfigurationError(f"{option}: {path} cannot be read: {error.strerror}") from error
        if not any(
            line.startswith("-----BEGIN ") and line.endswith(f"{what.upper()}-----") for line in text.split("\n")
        ):
            other = "CERTIFICATE-----" if what == "key" else "KEY-----"
            swapped = "; it holds the other one: are the two options swapped?" if other in text else ""
            raise ConfigurationError(f"{option}: {path} holds no {what} in PEM{swapped}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except (ssl.SSLError, ConfigurationError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigurationError(f"--tls-key: {tls.key} is not the key of {tls.certificate}") from error
        raise ConfigurationError(
            f"--tls-cert, --tls-key: {tls.certificate} and {tls.key} cannot be used: {error}"
        ) from error


def _no_password() -> str:
    raise ConfigurationError("the key is protected by a password, which a server in the background cannot ask for")


def _is_good(openssl: str, tls: Tls) -> bool:
    if not (Path(tls.certificate).is_file() and Path(tls.key).is_file()):
        return False
    return _run(openssl, "x509", "-checkend", str(_SOON), "-noout", "-in", tls.certificate).returncode == 0


def _make(openssl: str, tls: Tls) -> None:
    done = _run(
        openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(DAYS),
        "-keyout", tls.key, "-out", tls.certificate, "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    )  # fmt: skip
    if done.returncode:
        raise ConfigurationError(f"openssl did not make a certificate: {done.stderr.strip().splitlines()[-1]}")
    Path(tls.key).chmod(OWNER_ONLY)


def _run(openssl: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([openssl, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - ours

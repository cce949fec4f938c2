"""Google's token servers, of ours, as google-auth's way to the network, and the files that say who signs in.

Shapes: google-auth's own requests (the JWT grant of a service account, the refresh of a user). Tokens are signed by
nobody: who checks them here looks at their claims.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from google.auth import jwt
from google.auth.transport import Request, Response

from tests.rigs.transport import Serve
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire import http

GCLOUDS_CLIENT = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com"
USER = "user@example.com"


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token with these claims and no signature worth the name."""
    parts = ({"alg": "none", "typ": "JWT"}, {"exp": 4_102_444_800, **claims})
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


class _Answer(Response):
    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self._status, self._data = status, json.dumps(body).encode()

    @property
    def status(self) -> int:
        return self._status

    @property
    def headers(self) -> Mapping[str, str]:
        return {"content-type": "application/json"}

    @property
    def data(self) -> bytes:
        return self._data


class TokenEndpoint(Request):
    """Gives tokens to whoever asks in the right form; `asked` counts. `error` happens instead while it is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.scopes = "openid email"
        self.error: Exception | int | None = None

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **more: Any
    ) -> Response:
        self.asked += 1
        if isinstance(self.error, Exception):
            raise self.error
        if self.error is not None:
            return _Answer(self.error, {"error": "invalid_grant", "error_description": "Token has been revoked."})
        return self._granted({name: values[0] for name, values in parse_qs(body.decode()).items()})

    def _granted(self, form: Mapping[str, str]) -> Response:
        if form["grant_type"] == "refresh_token":
            token = unsigned({"aud": GCLOUDS_CLIENT, "email": USER})
            openid = {"id_token": token} if "openid" in self.scopes else {}
            return _Answer(200, {"access_token": "access", "expires_in": 3600, "scope": self.scopes, **openid})
        claims = jwt.decode(form["assertion"], verify=False)  # type: ignore[no-untyped-call]
        return _Answer(200, {"id_token": unsigned({"aud": claims["target_audience"], "email": claims["iss"]})})


@cache
def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def token_server() -> Serve:
    """The same over HTTP, for a process of its own."""
    endpoint = TokenEndpoint()

    def answer(request: http.Request) -> Reply:
        found = endpoint(f"http://{request.headers['host']}{request.path}", "POST", request.body)
        return Reply(found.status, found.headers, found.data)

    return answer


def service_account_file(folder: Path, email: str, token_uri: str = "https://oauth2.rig.example/token") -> Path:
    """A service account's key, and where it is turned into tokens."""
    return _written(
        folder,
        {
            "type": "service_account",
            "project_id": "rig",
            "private_key_id": "1",
            "private_key": _private_key(),
            "client_email": email,
            "token_uri": token_uri,
        },
    )


def _user() -> dict[str, str]:
    return {
        "type": "authorized_user",
        "client_id": GCLOUDS_CLIENT,
        "client_secret": "no-secret",
        "refresh_token": "refresh",
        "quota_project_id": "rig",
    }


def user_file(folder: Path) -> Path:
    """What `gcloud auth application-default login` writes."""
    return _written(folder, _user())


def impersonation_file(folder: Path, email: str) -> Path:
    """What it writes with ``--impersonate-service-account``."""
    base = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
    return _written(
        folder,
        {
            "type": "impersonated_service_account",
            "service_account_impersonation_url": f"{base}/{email}:generateAccessToken",
            "source_credentials": _user(),
            "delegates": [],
        },
    )


def _written(folder: Path, content: Mapping[str, Any]) -> Path:
    path = folder / "google-credentials.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@contextmanager
def signed_in_with(path: Path) -> Iterator[None]:
    """Google's application default credentials, while it lasts."""
    names = {"GOOGLE_APPLICATION_CREDENTIALS": str(path), "GOOGLE_CLOUD_PROJECT": "rig"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

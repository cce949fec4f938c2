"""Callers of the clouds over servers of ours, as rigs for the contract suite: no vendor emulates what they call.

Behind each server the function is exposed by its cloud's own `runtime`, and before it stands what the platform does:
IAM on Lambda, the host's keys and Azure Resource Manager, Cloud Run's ID tokens.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.rigs import vendor_clients, vendor_processes
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.invocation import NAME, TOKEN, InvocationRig, Told, served
from tests.rigs.vendor_lambda import LambdaService, lambda_service
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.aws import runtime as aws_runtime
from twin2multicloud.clouds.aws.invocation import LambdaInvocation
from twin2multicloud.clouds.azure import invocation as azure
from twin2multicloud.clouds.azure import runtime as azure_runtime
from twin2multicloud.clouds.gcp import invocation as gcp
from twin2multicloud.clouds.gcp import runtime as gcp_runtime
from twin2multicloud.ports.transport import Reply, Transport
from twin2multicloud.wire.http import Request
from twin2multicloud.wire.http_transport import HttpTransport

DEPLOYED = "house-hot-reader"
KEY = "the-key-of-the-app"
APP_ID = "/subscriptions/s/resourceGroups/house-twin/providers/Microsoft.Web/sites/house-hot-reader-abc123"
VAULT = "https://house.vault.azure.net/secrets/token"
INVOKER, STRANGER = "operator@project.iam.gserviceaccount.com", "stranger@project.iam.gserviceaccount.com"


def dark() -> str:
    """A URL at which nothing listens."""
    return f"http://{vendor_processes.HOST}:{vendor_processes.free_port()}"


# --- AWS -------------------------------------------------------------------------------------------------------------


def lambda_client(url: str, key: str = "rig") -> Any:
    """A boto3 client that tries once."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "lambda",
        endpoint_url=url,
        region_name=vendor_clients.REGION,
        aws_access_key_id=key,
        aws_secret_access_key="rigs-own-secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def _on_lambda(*, endpoint: bool) -> Iterator[InvocationRig]:
    vendor_processes.need_package("boto3")
    told = Told()
    handler = aws_runtime.expose(told.as_function(AWS, endpoint=endpoint))
    with lambda_service({DEPLOYED: handler}) as url, ExitStack() as clients:
        made = [lambda_client(url), lambda_client(url, LambdaService.STRANGER), lambda_client(dark())]
        for each in made:
            clients.callback(each.close)
        invocations = [LambdaInvocation(each, {NAME: DEPLOYED}) for each in made]
        yield InvocationRig(told, *invocations, secrets=("rigs-own-secret", TOKEN))


@contextmanager
def lambda_native(_: Path) -> Iterator[InvocationRig]:
    with _on_lambda(endpoint=False) as rig:
        yield rig


@contextmanager
def lambda_endpoint(_: Path) -> Iterator[InvocationRig]:
    """A function that has a URL takes direct invocations too."""
    with _on_lambda(endpoint=True) as rig:
        yield rig


# --- Azure -----------------------------------------------------------------------------------------------------------


class FunctionsHost:
    """An app's host: finds the route, looks at the key where the function wants one, and runs the v2 model's function.

    `key` may be replaced, as an owner may.
    """

    def __init__(self, app: Any) -> None:
        (function,) = app.get_functions()
        self._run = function.get_user_function()
        (binding,) = [each for each in json.loads(function.get_function_json())["bindings"] if "authLevel" in each]
        self._wants_key = binding["authLevel"] == "FUNCTION"
        self._route = binding["route"].partition("/")[0]
        self.key = KEY

    def __call__(self, request: Request) -> Reply:
        import azure.functions as func

        if request.path.strip("/").partition("/")[0] != self._route:
            return Reply(404, {}, b"")
        if self._wants_key and request.headers.get(azure.KEY_HEADER) != self.key:
            return Reply(401, {}, b"")
        url = f"https://app.example{request.path}"
        try:
            answer = self._run(func.HttpRequest("POST", url, headers=request.headers, body=request.body))
        except Exception:
            return Reply(500, {}, b"")
        return Reply(answer.status_code, {"content-type": answer.mimetype}, answer.get_body())


@contextmanager
def _on_azure(*, endpoint: bool) -> Iterator[InvocationRig]:
    for package in ("azure.functions", "azure.core", "azure.keyvault.secrets"):
        vendor_processes.need_package(package)
    from tests.rigs.vendor_azure_transport import KeyVaultAdapter
    from tests.rigs.vendor_management import ManagementAdapter

    told, transport, kept = Told(), HttpTransport(), KeyVaultAdapter()
    kept.secrets |= {"token": f"{TOKEN},the-next-one", "wrong": "another-token"}
    vault = azure.vault(AnyToken(), kept.transport())
    host = FunctionsHost(azure_runtime.expose(told.as_function(AZURE, endpoint=endpoint)))

    def invocation(url: str, keys: Mapping[str, str], secret: str) -> azure.FunctionAppInvocation:
        management = azure.connect(
            azure.MANAGEMENT, azure.MANAGEMENT, AnyToken(), ManagementAdapter(APP_ID, keys).transport()
        )
        apps = {NAME: azure.App(f"{url}/{NAME}", "" if endpoint else APP_ID)}
        return azure.FunctionAppInvocation(apps, transport, management, lambda: vault.read(secret))

    with served(host) as url:
        invocations = (
            invocation(url, {"default": KEY}, VAULT),
            invocation(url, {}, VAULT.replace("token", "wrong")),
            invocation(dark(), {"default": KEY}, VAULT),
        )
        yield InvocationRig(told, *invocations, secrets=(KEY, TOKEN))
        transport.close()


@contextmanager
def function_app_native(_: Path) -> Iterator[InvocationRig]:
    """With a key of the app."""
    with _on_azure(endpoint=False) as rig:
        yield rig


@contextmanager
def function_app_endpoint(_: Path) -> Iterator[InvocationRig]:
    """With the token."""
    with _on_azure(endpoint=True) as rig:
        yield rig


# --- Google Cloud ----------------------------------------------------------------------------------------------------


class _FlaskRequest:
    def __init__(self, request: Request) -> None:
        self.method, self.path, self.headers = request.method, request.path, request.headers
        self._body = request.body

    def get_data(self) -> bytes:
        return self._body


class CloudRunService:
    """A service: looks at the ID token where it is not open, and runs functions-framework's target."""

    def __init__(self, target: Any, *, is_open: bool) -> None:
        self._target, self._open = target, is_open

    def __call__(self, request: Request) -> Reply:
        refusal = None if self._open else self._refusal(request)
        if refusal is not None:
            return Reply(refusal, {"content-type": "text/html"}, b"<html>Error</html>")
        try:
            body, status, headers = self._target(_FlaskRequest(request))
        except Exception:
            return Reply(500, {}, b"Internal Server Error")
        return Reply(status, headers, body)

    def _refusal(self, request: Request) -> int | None:
        """401 for a token that is none or for somebody else, 403 for none at all or one of who is no invoker."""
        from google.auth import jwt

        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return 403
        claims = jwt.decode(token, verify=False)  # type: ignore[no-untyped-call]
        if claims["aud"] != f"http://{request.headers['host']}":
            return 401
        return None if claims["email"] == INVOKER else 403


@contextmanager
def _on_cloud_run(folder: Path, *, endpoint: bool) -> Iterator[InvocationRig]:
    for package in ("functions_framework", "google.auth"):
        vendor_processes.need_package(package)
    from tests.rigs.vendor_google_sign_in import TokenEndpoint, service_account_file, signed_in_with, unsigned

    told, transport = Told(), HttpTransport()
    target = gcp_runtime.expose(told.as_function(GCP, endpoint=endpoint))
    identity = gcp.OperatorIdentity(TokenEndpoint())

    def invocation(url: str, sign_in: Any, token: str, way: Transport = transport) -> gcp.CloudRunInvocation:
        endpoints = frozenset({NAME} if endpoint else ())
        return gcp.CloudRunInvocation({NAME: url}, endpoints, way, sign_in, lambda: token)

    with served(CloudRunService(target, is_open=endpoint)) as url:
        invocations = (
            invocation(url, identity, TOKEN),
            invocation(url, lambda audience: unsigned({"aud": audience, "email": STRANGER}), "wrong"),
            invocation(dark(), identity, TOKEN),
        )
        with signed_in_with(service_account_file(folder, INVOKER)):
            yield InvocationRig(told, *invocations, secrets=(TOKEN,))
        transport.close()


@contextmanager
def cloud_run_native(folder: Path) -> Iterator[InvocationRig]:
    """With an ID token."""
    with _on_cloud_run(folder, endpoint=False) as rig:
        yield rig


@contextmanager
def cloud_run_endpoint(folder: Path) -> Iterator[InvocationRig]:
    """With the token."""
    with _on_cloud_run(folder, endpoint=True) as rig:
        yield rig

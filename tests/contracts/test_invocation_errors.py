"""What the clouds answer when a call is not let through, from the wire up, and how an operator signs in."""

import json

import pytest

pytest.importorskip("boto3", reason="the extra aws is not installed")
pytest.importorskip("azure.core", reason="the extra azure is not installed")
pytest.importorskip("google.auth", reason="the extra gcp is not installed")

import msgspec
from google.auth import jwt
from google.auth.exceptions import TransportError

from tests.contracts import test_aws_errors, test_azure_errors
from tests.rigs.clouds import AZURE
from tests.rigs.invocation import NAME, TOKEN, Told, served
from tests.rigs.transport import ScriptedTransport
from tests.rigs.vendor_aws_faults import AwsFaults, refusal
from tests.rigs.vendor_azure_transport import KeyVaultAdapter
from tests.rigs.vendor_google_sign_in import (
    GCLOUDS_CLIENT,
    USER,
    TokenEndpoint,
    impersonation_file,
    service_account_file,
    signed_in_with,
    user_file,
)
from tests.rigs.vendor_invocations import APP_ID, DEPLOYED, KEY, VAULT, FunctionsHost, dark, lambda_client
from tests.rigs.vendor_lambda import LambdaService
from tests.rigs.vendor_management import ManagementAdapter
from tests.rigs.vendor_topics import AnyToken
from twin2multicloud.clouds.aws.invocation import LambdaInvocation
from twin2multicloud.clouds.azure import invocation as azure
from twin2multicloud.clouds.azure import runtime as azure_runtime
from twin2multicloud.clouds.gcp.invocation import CloudRunInvocation, OperatorIdentity
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.ports.transport import Reply
from twin2multicloud.wire.calls import post
from twin2multicloud.wire.http_transport import HttpTransport

OURS = json.dumps({"status": "refused", "error": "told so"}).encode()


class TestWhatAnAnswerMeans:
    """Over HTTP, on Azure, Google Cloud and the emulated clouds."""

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    @pytest.mark.parametrize("body", [b"", b"<html>Service unavailable</html>", OURS])
    def test_these_may_pass(self, status, body):
        with pytest.raises(RetryableError, match=rf"{NAME}: (the cloud answered {status}|told so)") as caught:
            post(ScriptedTransport(Reply(status, {"retry-after": "7"}, body)), "https://x", {}, NAME, {})
        assert caught.value.retry_after == 7.0

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("body", [b"", b"\xff", OURS])
    def test_these_are_not_for_this_caller(self, status, body):
        with pytest.raises(ConfigurationError, match="permission denied"):
            post(ScriptedTransport(Reply(status, {}, body)), "https://x", {}, NAME, {})

    @pytest.mark.parametrize(
        "body", [b"", b"<html>Not Found</html>", b'{"error": "x"}', b'{"status": "x", "error": "y"}']
    )
    def test_a_platforms_404_is_that_there_is_no_function(self, body):
        with pytest.raises(ConfigurationError, match="no such function"):
            post(ScriptedTransport(Reply(404, {}, body)), "https://x", {}, NAME, {})

    @pytest.mark.parametrize("status", [400, 404, 405, 413, 415])
    def test_a_functions_own_no_is_final(self, status):
        with pytest.raises(FinalError, match=f"{NAME}: told so") as caught:
            post(ScriptedTransport(Reply(status, {}, OURS)), "https://x", {}, NAME, {})
        assert caught.value.status == status

    @pytest.mark.parametrize("body", [b"", b"<html>Your app is up and running</html>", b"[1]", b'"text"', b"\xff\xfe"])
    def test_a_200_that_is_no_object_is_not_believed(self, body):
        with pytest.raises(RetryableError, match="did not answer as a function of this twin"):
            post(ScriptedTransport(Reply(200, {}, body)), "https://x", {}, NAME, {})


@pytest.fixture
def invocation():
    """Lambda's client with faults under it, and the caller."""
    client, faults = lambda_client(dark()), AwsFaults()
    client.meta.events.register("before-send.lambda", faults)
    yield LambdaInvocation(client, {NAME: DEPLOYED}), faults
    client.close()


class TestLambda:
    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            *test_aws_errors.ANSWERS,
            (refusal(429, "TooManyRequestsException"), RetryableError),
            (refusal(409, "ResourceConflictException"), RetryableError),
            (refusal(409, "SnapStartNotReadyException"), RetryableError),
            (refusal(408, "EFSMountTimeoutException"), RetryableError),
            (refusal(502, "EC2ThrottledException"), RetryableError),
            (refusal(502, "ResourceNotReadyException"), RetryableError),
            (refusal(500, "ServiceException"), RetryableError),
            (refusal(413, "RequestTooLargeException"), FinalError),
            (refusal(415, "UnsupportedMediaTypeException"), FinalError),
            (refusal(400, "InvalidRequestContentException"), FinalError),
        ],
        ids=lambda each: test_aws_errors.said(each) if isinstance(each, tuple | Exception) else "",
    )
    def test_every_answer(self, invocation, fault, expected):
        caller, faults = invocation
        faults.faults = [fault]
        with pytest.raises(expected, match=f"calling {NAME}"):
            caller.call(NAME, {})

    @pytest.mark.parametrize("kind", ["Handled", "Unhandled"])
    @pytest.mark.parametrize(
        ("raised", "expected"),
        [
            ({"errorType": "FinalError", "errorMessage": "told so"}, FinalError),
            ({"errorType": "ConfigurationError", "errorMessage": "told so"}, FinalError),
            ({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": "told so"}, FinalError),
            ({"errorType": "RetryableError", "errorMessage": "told so"}, RetryableError),
            ({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 180.00 seconds"}, RetryableError),
            ({"errorMessage": "Task timed out after 180.00 seconds"}, RetryableError),
            ({"errorType": "Runtime.ImportModuleError", "errorMessage": "no module"}, RetryableError),
            ({}, RetryableError),
        ],
    )
    def test_what_a_function_raises_is_told_by_its_kind(self, kind, raised, expected):
        def answer(_):
            return Reply(200, {"x-amz-function-error": kind}, msgspec.json.encode(raised))

        with served(answer) as url:
            client = lambda_client(url)
            with pytest.raises(expected, match=f"{NAME}: .*{raised.get('errorMessage', '')}"):
                LambdaInvocation(client, {NAME: DEPLOYED}).call(NAME, {})
            client.close()

    @pytest.mark.parametrize("body", [b"", b"null", b"[1]", b"\xff"])
    @pytest.mark.parametrize("headers", [{}, {"x-amz-function-error": "Unhandled"}])
    def test_an_answer_that_is_no_object_is_not_believed(self, body, headers):
        with served(lambda _: Reply(200, headers, body)) as url:
            client = lambda_client(url)
            with pytest.raises(RetryableError, match=NAME):
                LambdaInvocation(client, {NAME: DEPLOYED}).call(NAME, {})
            client.close()

    def test_an_answer_over_lambdas_limit_is_final(self):
        with served(LambdaService({DEPLOYED: lambda event, context: {"x": "y" * 6_300_000}})) as url:
            client = lambda_client(url)
            with pytest.raises(FinalError, match="exceeded"):
                LambdaInvocation(client, {NAME: DEPLOYED}).call(NAME, {})
            client.close()


class Azure:
    """An app that wants a key, and Azure Resource Manager."""

    def __init__(self, url, host, transport):
        self.management, self.vault, self.host = ManagementAdapter(APP_ID, {"default": KEY}), KeyVaultAdapter(), host
        self.vault.secrets["token"] = "old,new"
        vault = azure.vault(AnyToken(), self.vault.transport())
        client = azure.connect(azure.MANAGEMENT, azure.MANAGEMENT, AnyToken(), self.management.transport())
        apps = {NAME: azure.App(f"{url}/{NAME}", APP_ID), "served": azure.App(f"{url}/served")}
        self.invocation = azure.FunctionAppInvocation(apps, transport, client, lambda: vault.read(VAULT))


@pytest.fixture
def app():
    host = FunctionsHost(azure_runtime.expose(Told().as_function(AZURE)))
    transport = HttpTransport()
    with served(host) as url:
        yield Azure(url, host, transport)
        transport.close()


class TestFunctionApp:
    def test_a_key_is_fetched_once(self, app):
        for number in range(3):
            assert app.invocation.call(NAME, {"n": number}) == {"n": number}
        assert app.management.seen == 1

    def test_a_key_that_was_replaced_is_fetched_again_once(self, app):
        app.invocation.call(NAME, {})
        app.host.key = app.management.keys["default"] = "the-key-of-now"
        assert app.invocation.call(NAME, {"again": True}) == {"again": True}
        assert app.management.seen == 2
        app.host.key = "a-key-that-nobody-tells"
        with pytest.raises(ConfigurationError, match="permission denied"):
            app.invocation.call(NAME, {})
        assert app.management.seen == 3

    def test_any_key_opens_where_the_usual_one_was_taken_away(self, app):
        app.management.keys = {"mine": KEY}
        assert app.invocation.call(NAME, {"n": 1}) == {"n": 1}

    def test_an_app_that_has_no_key_yet_may_have_one_later(self, app):
        app.management.faults = [(200, {}, b'{"masterKey": "m", "functionKeys": {}, "systemKeys": {}}')]
        with pytest.raises(RetryableError, match="has no key yet"):
            app.invocation.call(NAME, {})

    @pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b'{"functionKeys": []}', b"\xff"])
    def test_an_answer_that_is_not_azures_is_not_believed(self, app, body):
        app.management.faults = [(200, {}, body)]
        with pytest.raises(RetryableError, match="as Azure Resource Manager"):
            app.invocation.call(NAME, {})

    @pytest.mark.parametrize(("status", "expected"), test_azure_errors.ANSWERS)
    def test_every_answer_about_keys(self, app, status, expected):
        app.management.faults = [test_azure_errors.refusal(status)]
        with pytest.raises(expected, match=f"{NAME}: asking for its key: Azure answered {status}"):
            app.invocation.call(NAME, {})

    @pytest.mark.parametrize("error", test_azure_errors.NO_ANSWER, ids=lambda error: type(error).__name__)
    def test_no_answer_about_keys(self, app, error):
        app.management.faults = [error]
        with pytest.raises(RetryableError, match="no answer from Azure"):
            app.invocation.call(NAME, {})

    @pytest.mark.parametrize(("status", "expected"), test_azure_errors.ANSWERS)
    def test_every_answer_of_the_vault(self, app, status, expected):
        app.vault.faults = [test_azure_errors.refusal(status)] * 5  # the client tries again by itself
        with pytest.raises(expected, match="secret token"):
            app.invocation.call("served", {})


@pytest.fixture
def tokens():
    return TokenEndpoint()


def claims(token):
    found = jwt.decode(token, verify=False)
    return found["aud"], found["email"]


class TestGoogleIdentity:
    AUDIENCE = "https://house-hot-reader-abc123-ew.a.run.app"
    ACCOUNT = "deployer@rig.iam.gserviceaccount.com"

    def test_a_service_account_has_a_token_for_the_service(self, tokens, tmp_path):
        with signed_in_with(service_account_file(tmp_path, self.ACCOUNT)):
            assert claims(OperatorIdentity(tokens)(self.AUDIENCE)) == (self.AUDIENCE, self.ACCOUNT)

    def test_who_impersonates_one_asks_iam_for_its_token(self, tokens, tmp_path, monkeypatch):
        """By a session of google-auth's own; here it gets as far as a proxy where nobody listens."""
        monkeypatch.setenv("HTTPS_PROXY", dark())
        with (
            signed_in_with(impersonation_file(tmp_path, self.ACCOUNT)),
            pytest.raises(RetryableError, match="no answer") as caught,
        ):
            OperatorIdentity(tokens)(self.AUDIENCE)
        assert f"/serviceAccounts/{self.ACCOUNT}:generateIdToken" in str(caught.value.__cause__)
        assert tokens.asked == 1, "as who impersonates"

    def test_a_users_token_is_for_gclouds_client(self, tokens, tmp_path):
        """Which Cloud Run takes all the same."""
        with signed_in_with(user_file(tmp_path)):
            assert claims(OperatorIdentity(tokens)(self.AUDIENCE)) == (GCLOUDS_CLIENT, USER)

    def test_a_token_is_kept_while_it_is_valid(self, tokens, tmp_path):
        with signed_in_with(service_account_file(tmp_path, self.ACCOUNT)):
            identity = OperatorIdentity(tokens)
            assert identity(self.AUDIENCE) == identity(self.AUDIENCE)
        assert tokens.asked == 1

    def test_a_user_who_gave_no_leave_for_one_has_none(self, tokens, tmp_path):
        tokens.scopes = "https://www.googleapis.com/auth/cloud-platform"
        with (
            signed_in_with(user_file(tmp_path)),
            pytest.raises(ConfigurationError, match="gcloud auth application-default login"),
        ):
            OperatorIdentity(tokens)(self.AUDIENCE)

    @pytest.mark.parametrize(
        ("error", "expected"), [(TransportError("no route"), RetryableError), (400, ConfigurationError)]
    )
    def test_signing_in_fails_like_everything_else(self, tokens, tmp_path, error, expected):
        tokens.error = error
        with signed_in_with(user_file(tmp_path)), pytest.raises(expected, match="signing in to Google Cloud"):
            OperatorIdentity(tokens)(self.AUDIENCE)

    def test_without_credentials_it_is_the_configurations_fault(self, tokens, tmp_path):
        with signed_in_with(tmp_path / "none.json"), pytest.raises(ConfigurationError, match=r"none\.json"):
            OperatorIdentity(tokens)(self.AUDIENCE)

    def test_an_endpoint_asks_for_no_identity_and_a_service_for_no_token(self):
        """Each is asked for where it is needed: there may be no right to the other."""

        def never(*_):
            raise AssertionError("asked")

        answers = ScriptedTransport(Reply(200, {}, b"{}"), Reply(200, {}, b"{}"))
        urls = {"served": "https://served", "private": "https://private"}
        CloudRunInvocation(urls, frozenset({"served"}), answers, never, lambda: TOKEN).call("served", {})
        CloudRunInvocation(urls, frozenset({"served"}), answers, lambda audience: f"for {audience}", never).call(
            "private", {}
        )
        served_by, private = (posted.headers for posted in answers.posted)
        assert served_by == {"content-type": "application/json", "x-inter-cloud-token": TOKEN}
        assert private == {"content-type": "application/json", "authorization": "Bearer for https://private"}

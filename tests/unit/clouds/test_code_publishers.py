"""Code that comes to functions without Terraform: Lambda over moto, Cloud Run functions over answers as documented."""

import hashlib
import io
import json
import zipfile
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.rigs import vendor_clients
from tests.rigs.clock import RigClock
from tests.rigs.vendor_processes import need_package
from twin2multicloud.clouds.aws.code_publisher import LambdaCodePublisher
from twin2multicloud.clouds.gcp.code_publisher import FunctionCodePublisher
from twin2multicloud.domain.errors import ConfigurationError, TwinError


def archive(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("main.py", text)
    return buffer.getvalue()


def sha(content):
    return hashlib.sha256(content).hexdigest()


OLD, NEW = archive("old = 1"), archive("new = 2")


@pytest.fixture
def a_lambda():
    """A function on moto that runs the old archive."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    name = vendor_clients.unique("house-persister")
    role = vendor_clients.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    client = vendor_clients.aws("lambda")
    code = {"ZipFile": OLD}
    client.create_function(FunctionName=name, Runtime="python3.13", Role=role, Handler="main.handler", Code=code)
    return client, name


def test_lambda_says_what_it_runs_and_takes_other_code(a_lambda):
    client, name = a_lambda
    publisher = LambdaCodePublisher(client, {"persister": name}, RigClock())
    assert publisher.published() == {"persister": sha(OLD)}
    publisher.publish("persister", NEW, sha(NEW)[:32])
    assert publisher.published() == {"persister": sha(NEW)}


def test_a_lambda_that_is_gone_is_said(a_lambda):
    client, _ = a_lambda
    with pytest.raises(ConfigurationError, match="persister: looking at its code"):
        LambdaCodePublisher(client, {"persister": "nobody"}, RigClock()).published()


class SlowLambda:
    """A function whose update takes its time, and may fail."""

    def __init__(self, *states, sha256=""):
        self.states, self.sha256 = list(states), sha256

    def update_function_code(self, **_):
        return {}

    def get_function_configuration(self, **_):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"LastUpdateStatus": state, "LastUpdateStatusReason": "no such handler", "CodeSha256": self.sha256}


def test_an_update_is_waited_for_and_a_failed_one_is_said():
    import base64

    clock = RigClock()
    held = base64.b64encode(hashlib.sha256(NEW).digest()).decode()
    slow = SlowLambda("InProgress", "InProgress", "Successful", sha256=held)
    LambdaCodePublisher(slow, {"persister": "p"}, clock).publish("persister", NEW, sha(NEW)[:32])
    assert len(clock.sleeps) == 2
    failing = LambdaCodePublisher(SlowLambda("InProgress", "Failed"), {"persister": "p"}, clock)
    with pytest.raises(TwinError, match="persister: AWS took its code and could not run it: no such handler"):
        failing.publish("persister", NEW, sha(NEW)[:32])
    other = LambdaCodePublisher(SlowLambda("Successful", sha256=held), {"persister": "p"}, clock)
    with pytest.raises(TwinError, match="AWS runs other code than was sent"):
        other.publish("persister", OLD, sha(OLD)[:32])


class CloudRunFunctions:
    """Cloud Functions and Cloud Storage behind google-auth's session, as far as they are asked."""

    name = "projects/p/locations/r/functions/house-persister"

    def __init__(self, fails=""):
        self.objects, self.object, self.fails, self.polls = {}, f"persister-{sha(OLD)}.zip", fails, 0

    def request(self, method, url, json=None, data=None, headers=None, timeout=None):
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        if path.startswith("/upload/"):
            assert (method, path, headers) == (
                "POST",
                "/upload/storage/v1/b/bundles/o",
                {"content-type": "application/zip"},
            )
            self.objects[query["name"][0]] = data
            return self._answer({})
        if path.startswith("/v2/operations/"):
            self.polls += 1
            failed = {"error": {"message": self.fails}} if self.fails else {}
            return self._answer({"name": "operations/1", "done": self.polls > 1, **(failed if self.polls > 1 else {})})
        assert path == f"/v2/{self.name}"
        if method == "PATCH":
            assert query == {"updateMask": ["buildConfig.source"]}
            source = json["buildConfig"]["source"]["storageSource"]
            assert source["bucket"] == "bundles"
            assert source["object"] in self.objects, "uploaded first"
            if not self.fails:
                self.object = source["object"]
            return self._answer({"name": "operations/1"})
        return self._answer({"buildConfig": {"source": {"storageSource": {"object": self.object}}}})

    def _answer(self, content):
        return SimpleNamespace(status_code=200, content=b"{}", json=lambda: content)


def functions(session, clock):
    need_package("google.auth")
    return FunctionCodePublisher(session, {"persister": CloudRunFunctions.name}, "bundles", clock)


def test_a_cloud_run_function_is_built_from_the_archive_that_is_uploaded():
    session, clock = CloudRunFunctions(), RigClock()
    publisher = functions(session, clock)
    assert publisher.published() == {"persister": sha(OLD)}
    publisher.publish("persister", NEW, sha(NEW)[:32])
    assert session.objects == {f"persister-{sha(NEW)}.zip": NEW}
    assert publisher.published() == {"persister": sha(NEW)}
    assert clock.sleeps


def test_a_build_that_fails_is_said():
    with pytest.raises(TwinError, match="Google Cloud took its code and could not build it: no main"):
        functions(CloudRunFunctions("no main.py"), RigClock()).publish("persister", NEW, sha(NEW)[:32])

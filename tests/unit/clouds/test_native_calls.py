"""Native calls between functions: by a service's URL with an ID token and, where the caller has one, the token."""

import msgspec
import pytest

from tests.rigs.transport import ScriptedTransport
from twin2multicloud.clouds.gcp.native_calls import ServiceCalls
from twin2multicloud.domain.errors import ConfigurationError, FinalError
from twin2multicloud.emulator.adapters.native_calls import LocalCalls
from twin2multicloud.ports.transport import Reply

URL = "https://hot-reader-x.a.run.app"


def identity(audience: str) -> str:
    return f"id-token-for-{audience}"


@pytest.mark.parametrize(("token", "sent"), [("new,old", "new"), (None, None)])
def test_the_caller_signs_in_for_the_service_that_it_calls(token: str | None, sent: str | None) -> None:
    transport = ScriptedTransport(Reply(200, {}, b'{"propertyValues": {}}'))
    calls = ServiceCalls(transport, identity, token)
    assert calls.call(URL, {"iotDeviceId": "d1"}) == {"propertyValues": {}}
    (posted,) = transport.posted
    assert posted.url == URL
    assert posted.headers["authorization"] == f"Bearer id-token-for-{URL}"
    assert posted.headers.get("x-inter-cloud-token") == sent
    assert msgspec.json.decode(posted.body) == {"iotDeviceId": "d1"}


def test_a_refusal_is_the_functions_own_and_a_missing_right_is_named() -> None:
    refusal = Reply(404, {}, b'{"status": "refused", "error": "no such device"}')
    calls = ServiceCalls(ScriptedTransport(refusal, Reply(403, {}, b"")), identity, None)
    with pytest.raises(FinalError, match="no such device"):
        calls.call(URL, {})
    with pytest.raises(ConfigurationError, match="permission denied"):
        calls.call(URL, {})


def test_on_this_machine_a_function_is_found_by_its_deployed_name() -> None:
    made = {"house-hot-reader": lambda arguments: {"asked": arguments}}
    calls = LocalCalls(made)
    assert calls.call("house-hot-reader", {"a": 1}) == {"asked": {"a": 1}}
    with pytest.raises(ConfigurationError, match="no such function takes native calls"):
        calls.call("house-cold-reader", {})
    made["house-cold-reader"] = lambda _: {}
    assert calls.call("house-cold-reader", {}) == {}

"""A stand-in for Grafana's two ways to TwinMaker: its own plugin, and Infinity with SigV4. Raises for what they would.

The plugin: github.com/grafana/grafana-iot-twinmaker-app at e6e35c5, pkg/plugin/twinmaker (handler and client): which
calls it makes for a query, and what of the answers it reads without looking. SigV4 is botocore's, held by a check of
our own against what arrives (docs.aws.amazon.com IAM, reference_sigv-create-signed-request).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.rigs.grafana import Row, framed, replaced, require_allowed, times_of
from twin2multicloud.ports.transport import Transport

KEY, SECRET = "AKIDEXAMPLE", "a secret of nobody"
_MOST = 200


def asked_by_the_plugin(
    client: Any, workspace: str, target: Mapping[str, Any], start: datetime, end: datetime
) -> list[Row]:
    """The rows of a panel of the TwinMaker plugin; boto3 stands for the SDK of Go."""
    where = {"workspaceId": workspace, "entityId": target["entityId"], "componentName": target["componentName"]}
    selected = {"selectedProperties": target["properties"]}
    entity = client.get_entity(workspaceId=workspace, entityId=target["entityId"])
    held = entity["components"][target["componentName"]]["properties"]
    assert all("isTimeSeries" in held[name]["definition"] for name in target["properties"])
    if target["queryType"] == "GetPropertyValue":
        values = client.get_property_value(**where, **selected, maxResults=_MOST)["propertyValues"]
        assert all(
            {"entityId", "componentName", "propertyName"} <= each["propertyReference"].keys()
            for each in values.values()
        )
        return [{name: next(iter(each["propertyValue"].values())) for name, each in values.items()}]
    assert target["queryType"] == "EntityHistory"
    page = client.get_property_value_history(
        **where,
        **selected,
        startTime=start.isoformat().replace("+00:00", "Z"),
        endTime=end.isoformat().replace("+00:00", "Z"),
        orderByTime=target["order"],
    )
    return [
        {"time": each["time"], series["entityPropertyReference"]["propertyName"]: next(iter(each["value"].values()))}
        for series in page["propertyValues"]
        for each in series["values"]
    ]


def asked_by_infinity(
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    variables: Mapping[str, str],
    span: tuple[datetime, datetime],
    service: tuple[Transport, str],
) -> list[Row]:
    """The rows of a panel of Infinity with the keys of an IAM user; `service` answers at a URL of this machine."""
    texts = times_of(*span, backend=False) | {f"${{{name}}}": value for name, value in variables.items()}
    url, body = replaced(source["url"] + target["url"], texts), replaced(target["url_options"]["data"], texts).encode()
    require_allowed(url, source["jsonData"]["allowedHosts"])
    settings = source["jsonData"]
    assert (settings["auth_method"], settings["aws"]["service"]) == ("aws", "iottwinmaker")
    headers = {"Content-Type": target["url_options"]["body_content_type"]}
    request = AWSRequest("POST", url, data=body, headers=headers)
    keys = Credentials(source["secureJsonData"]["awsAccessKey"], source["secureJsonData"]["awsSecretKey"])
    SigV4Auth(keys, settings["aws"]["service"], settings["aws"]["region"]).add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    require_signed(url, sent, body)
    transport, local = service
    reply = transport.post(f"{local}{urlsplit(url).path}", sent, body, 30.0)
    assert reply.status == 200, reply
    return framed(target, json.loads(reply.body))


def require_signed(url: str, headers: Mapping[str, str], body: bytes) -> None:
    """That a request is signed with `SECRET` for the service at that URL."""
    parts = urlsplit(url)
    told = dict(each.strip().split("=", 1) for each in headers["authorization"].partition(" ")[2].split(","))
    names = told["SignedHeaders"].split(";")
    known = {**headers, "host": parts.netloc}
    lines = [f"{name}:{' '.join(known[name].split())}" for name in names]
    path = quote(parts.path, safe="/-_.~")
    canonical = "\n".join(["POST", path, "", *lines, "", told["SignedHeaders"], hashlib.sha256(body).hexdigest()])
    scope = told["Credential"].partition("/")[2]
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for each in scope.split("/"):
        key = hmac.digest(key, each.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    assert hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), told["Signature"]), "signed otherwise"

"""Flex Consumption's SCM sites and Resource Manager, of ours, as far as publishing code asks them.

Under azure-core's own transport. Shapes: learn.microsoft.com/rest/api/appservice/web-apps (get, list-functions;
2024-04-01); azure-cli, appservice/custom.py, enable_zip_deploy_flex and its tests: 202 with the deployment's id as a
JSON text, ``/api/deployments/<id>``, 404 while it is not listed yet; ``/api/zipdeploy`` is 404 there (azurerm 29630).
"""

import io
import json
import zipfile
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest

from tests.rigs.vendor_azure_transport import Answer, ServedAdapter

RESOURCE_MANAGER = "management.azure.com"


class FlexApps(ServedAdapter):
    """Some apps. `late` is how many of the next answers are that a site is not there yet, `building` how often a
    deployment is asked for before it has ended; `breaks` what is said of archives that are not deployed, `empty` apps
    in which no function is found.
    """

    def __init__(self, apps: dict[str, str]) -> None:
        super().__init__()
        self._sites = {f"{name}-hash.scm.region-01.azurewebsites.net": app for name, app in apps.items()}
        self.late, self.building, self.breaks, self.empty = 0, 0, "", set[str]()
        self.runs: dict[str, bytes] = {}
        self.deployments: dict[str, dict[str, object]] = {}
        self.asked: list[str] = []

    def answered(self, request: PreparedRequest) -> Answer:
        url = urlsplit(request.url or "")
        self.asked.append(f"{request.method} {url.path}")
        if request.headers.get("Authorization") != "Bearer a-token-of-the-rig":
            return 401, {}, b""
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.netloc == RESOURCE_MANAGER:
            return self._managed(url.path, query)
        app = self._sites.get(url.netloc)
        if app is None or self.late > 0:
            self.late -= 1
            return 404, {}, b"<html>"
        if (request.method, url.path) == ("POST", "/api/publish"):
            return self._published(app, request, query)
        if url.path.startswith("/api/deployments/") and app in self.deployments:
            return 200, {}, json.dumps(self._deployment(app)).encode()
        return 404, {}, b""

    def _managed(self, path: str, query: dict[str, str]) -> Answer:
        assert query == {"api-version": "2024-04-01"}, query
        app = path.removesuffix("/functions")
        site = next((host for host, each in self._sites.items() if each == app), None)
        if site is None:
            return 404, {}, b'{"error": {"code": "ResourceNotFound", "message": "not found"}}'
        if app == path:
            hosts = [
                {"name": site.replace(".scm", ""), "hostType": "Standard"},
                {"name": site, "hostType": "Repository"},
            ]
            return 200, {}, json.dumps({"id": app, "properties": {"hostNameSslStates": hosts}}).encode()
        there = [] if app in self.empty or app not in self.runs else [{"name": "app/on_queue"}]
        return 200, {}, json.dumps({"value": there}).encode()

    def _published(self, app: str, request: PreparedRequest, query: dict[str, str]) -> Answer:
        if request.headers.get("content-type") != "application/zip":
            return 415, {}, b""
        assert query["RemoteBuild"] == "false", query
        body = request.body if isinstance(request.body, bytes) else b""
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert archive.testzip() is None
        self.runs[app] = body
        self.deployments[app] = {"id": "d-1", "deployer": query["Deployer"], "left": self.building}
        return 202, {}, b'"d-1"'

    def _deployment(self, app: str) -> dict[str, object]:
        found = self.deployments[app]
        left = found["left"]
        assert isinstance(left, int)
        found["left"] = left - 1
        status = 1 if left > 0 else 3 if self.breaks else 4
        return {"id": "d-1", "deployer": found["deployer"], "status": status, "status_text": self.breaks}

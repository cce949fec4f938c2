"""A page of the dashboard as a visitor has it, and the process behind it: what a test of the page holds on to."""

import signal
import subprocess
import time
import urllib.request

import pytest
from playwright.sync_api import Page

PATIENCE = 20_000  # ms; two shared cores are slow at times
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Dashboard:
    """A running dashboard process over the in-memory twin."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}"

    def switch_hot_store(self) -> None:
        """Make the hot store's cloud dark, or light again."""
        self.process.send_signal(signal.SIGUSR1)


class Visit:
    """A page, with all that was wrong on it and all that it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.sockets: list[str] = []
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda opened: self.sockets.append(opened.url))

    def value(self, name: str) -> str:
        return self.page.locator(f'[data-property="{name}"]').inner_text(timeout=PATIENCE)

    def outside(self) -> list[str]:
        asked = self.requests + self.sockets
        return [url for url in asked if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))]


def wait_until_up(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the dashboard ended: {process.stderr.read() if process.stderr else ''}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/favicon.ico", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not answer on port {port}")

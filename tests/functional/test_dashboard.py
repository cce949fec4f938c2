"""The dashboard as its own process, looked at in Chromium: values move, nothing leaves the machine, clouds may go."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from tests.rigs.clouds import AWS, AZURE, GCP
from tests.rigs.dashboard_page import FLAGS, PATIENCE, Dashboard, Visit, wait_until_up
from tests.rigs.running_twin import placement, write_project
from tests.rigs.vendor_processes import free_port

from twin2multicloud.project.loader import load_project
from twin2multicloud.project.templates import write_template

pytestmark = [pytest.mark.functional, pytest.mark.browser]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a placement can be applied to; the twin in view is another one."""
    return write_project(tmp_path_factory.mktemp("project") / "home", placement(AWS, AZURE, GCP))


@pytest.fixture(scope="module")
def dashboard(project: Path) -> Iterator[Dashboard]:
    port = free_port()
    # NiceGUI looks for this variable, which pytest sets, and would then act as in its own tests.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    command = [sys.executable, "-m", "tests.rigs.dashboard", str(port), str(project)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with process:
        try:
            wait_until_up(process, port)
            yield Dashboard(process, port)
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        reason = "no Chromium found (chromium, chromium-browser or google-chrome on the path)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield Visit(page)
    context.close()


def test_a_value_is_seen_and_changes_without_an_error_or_a_request_outside(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    temperature = visit.page.locator('[data-property="temperature"]')
    expect(temperature).to_contain_text(".")
    first = temperature.inner_text()
    assert 15 < float(first) < 30
    expect(temperature).not_to_have_text(first)
    expect(visit.page.locator(".pulse")).to_have_text("live")
    expect(visit.page.locator(".charts canvas")).to_have_count(5)
    assert visit.errors == []
    assert len(visit.requests) > 5
    assert len(visit.sockets) == 1
    assert visit.outside() == []


def test_what_no_type_declares_is_shown_as_undeclared_and_exact(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    expect(visit.page.locator('[data-property="uptime"]')).to_have_text("9,007,199,254,740,993")
    expect(visit.page.locator(".value-card", has_text="uptime")).to_contain_text("undeclared")
    expect(visit.page.locator(".value-card", has_text="temperature")).not_to_contain_text("undeclared")
    assert visit.errors == []


def test_the_placement_shows_every_slot_and_what_passes(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(dashboard.url)
    expect(visit.page.locator("svg.t2mc .slot")).to_have_count(7)
    expect(visit.page.locator("svg.t2mc")).to_contain_text("k · ")
    expect(visit.page.locator(".boundaries tbody tr").first).to_contain_text("AWS → Azure")
    expect(visit.page.locator(".health")).to_have_text("3 of 3 clouds running")


def test_dead_letters_and_errors_are_listed_with_reason_count_and_age(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(dashboard.url)
    letters = visit.page.locator(".panel", has_text="Dead letters").locator("tbody tr")
    expect(letters).to_have_count(1)
    for text in ("NaN at byte 44", "devices → L1", "AWS", "refused", "3", "1 min ago"):
        expect(letters).to_contain_text(text)
    errors = visit.page.locator(".panel", has_text="Error events").locator("tbody tr")
    for text in ("12 of 12 messages wait", "persister", "hot-store-unreachable", "1 min ago"):
        expect(errors).to_contain_text(text)


def test_another_device_is_chosen_in_the_tree(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    expect(visit.page.locator(".device-id")).to_have_text("climate-kitchen")
    visit.page.locator('[data-node="device|house|meter-house"]').click()
    expect(visit.page.locator(".device-id")).to_have_text("meter-house")
    expect(visit.page.locator('[data-property="power"]')).to_contain_text(".")
    assert visit.page.url.endswith("?device=meter-house")
    assert visit.errors == []


def test_one_of_100_000_devices_is_found(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(dashboard.url)
    visit.page.locator('[data-node="group|street|street-meters"]').click()
    expect(visit.page.locator(".device-id").first).to_have_text("meters")
    expect(visit.page.locator(".centre")).to_contain_text("the first 100 of 100,000 devices")
    expect(visit.page).to_have_url(f"{dashboard.url}/?group=street-meters")
    first = visit.page.locator(".overview tbody tr").first
    for text in ("meter-000001", "live", "power"):
        expect(first).to_contain_text(text)
    visit.page.locator(".members input").fill("99999")
    visit.page.get_by_role("button", name="meter-099999").click()
    expect(visit.page.locator(".device-id")).to_have_text("meter-099999")
    assert visit.page.locator("[data-node]").count() < 20


def test_members_of_groups_are_found_from_anywhere(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    visit.page.get_by_label("Find", exact=True).fill("er-000150")
    visit.page.get_by_role("button", name="meter-000150").click()
    expect(visit.page.locator(".device-id").first).to_have_text("meter-000150")
    expect(visit.page.locator('[data-property="power"]')).to_contain_text(".")
    expect(visit.page).to_have_url(f"{dashboard.url}/?device=meter-000150")
    assert visit.errors == []


def test_an_address_that_names_no_group_says_so(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?group=street-meter")
    expect(visit.page.locator(".banner")).to_contain_text("smart-home has no group street-meter")
    expect(visit.page.locator(".banner")).to_contain_text("street-meters")


def test_the_optimizer_begins_with_the_twin_and_takes_typed_figures(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/optimizer")
    devices = visit.page.get_by_label("Devices, typed")
    expect(devices).to_have_value("100005")
    before = visit.page.locator(".total").inner_text()
    devices.fill("234")
    expect(visit.page.locator(".total")).not_to_have_text(before)
    hot = visit.page.get_by_label("Months hot, typed")
    hot.fill("13.5")  # more than the slider has, and more than the next store's age
    expect(visit.page.get_by_label("Months until archived, typed")).to_have_value("13.5")
    visit.page.get_by_role("button", name="Twin").click()
    expect(devices).to_have_value("100005")
    assert visit.errors == []


def test_a_placement_is_applied_with_the_plans_difference(dashboard: Dashboard, visit: Visit, project: Path) -> None:
    visit.page.goto(f"{dashboard.url}/optimizer")
    before = load_project(project).twin.placement
    visit.page.get_by_role("button", name="Apply").click()
    expect(visit.page.locator(".plan-line.added").first).to_contain_text("+ ")
    expect(visit.page.locator(".plan-line.removed").first).to_contain_text("− ")
    expect(visit.page.get_by_role("dialog")).to_contain_text("take it in")
    visit.page.get_by_role("button", name="Write").click()
    expect(visit.page.get_by_text("written: config_providers.json, placement_decision.json")).to_be_visible()
    after = load_project(project).twin.placement
    assert after != before
    assert json.loads((project / "placement_decision.json").read_text())["placement"] == msgspec.to_builtins(after)
    expect(visit.page.get_by_role("button", name="Apply")).to_be_hidden()
    assert visit.errors == []


def test_a_dark_cloud_is_said_and_the_page_recovers(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    expect(visit.page.locator(".pulse")).to_have_text("live")
    dashboard.switch_hot_store()
    try:
        expect(visit.page.locator(".banner")).to_contain_text("The hot reader does not answer: nobody listens")
        expect(visit.page.locator(".pulse")).to_have_text("Google Cloud is down")
        expect(visit.page.locator(".pulse")).not_to_contain_class("alive")
        expect(visit.page.locator(".health")).to_have_text("2 of 3 clouds running")
        expect(visit.page.locator("svg.t2mc .lane ~ .off")).to_have_text("not running")
        before = visit.value("temperature")
    finally:
        dashboard.switch_hot_store()
    expect(visit.page.locator(".banner")).to_be_hidden()
    expect(visit.page.locator(".pulse")).to_have_text("live")
    expect(visit.page.locator('[data-property="temperature"]')).not_to_have_text(before)
    assert visit.errors == []


def test_the_light_can_be_switched(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(dashboard.url)
    expect(visit.page.locator("body")).to_contain_class("body--light")
    visit.page.get_by_label("Dark or light").click()
    expect(visit.page.locator("body")).to_contain_class("body--dark")
    for path in ("/optimizer", "/?device=climate-kitchen"):
        visit.page.goto(dashboard.url + path)
        expect(visit.page.locator(".bar")).to_be_visible()
        expect(visit.page.locator("body")).to_contain_class("body--dark")


def test_events_are_listed_and_acknowledged_with_a_note(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    row = visit.page.locator(".events tbody tr")
    expect(row).to_contain_text("kitchen is stuffy")
    expect(row).to_contain_text("co2 1450")
    visit.page.get_by_role("button", name="Acknowledge kitchen is stuffy of climate-kitchen").click()
    visit.page.get_by_label("Note").fill("window opened")
    visit.page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("window opened")
    expect(row.get_by_role("button")).to_have_count(0)
    assert visit.errors == []


def test_a_phone_sees_the_device_first_and_nothing_runs_off_the_page(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    expect(visit.page.locator('[data-property="temperature"]')).to_be_in_viewport()
    expect(visit.page.locator('[data-property="temperature"]')).to_contain_text(".")
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    expect(visit.page.locator(".slot-line")).to_have_count(7)
    boundaries = visit.page.locator(".boundaries td")
    expect(boundaries.first).to_contain_text("L1 → L2")
    expect(visit.page.locator(".kept td").first).to_contain_text("NaN at byte 44")
    cells = visit.page.locator(".listing td")
    edges = cells.evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().right)")
    assert max(edges) <= 390


def test_all_devices_are_listed_first_sorted_as_one_likes_and_lead_to_each(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(dashboard.url)
    rows = visit.page.locator(".overview tbody tr")
    expect(rows).to_have_count(100)
    expect(visit.page.locator("body")).to_contain_text("the first 100 of 100,005 devices")
    expect(rows.first).to_contain_text("meter-house")
    expect(rows.first).to_contain_text("live")
    expect(rows.first).to_contain_text("kWh")
    visit.page.locator(".overview th", has_text="Device").click()
    expect(rows.first).to_contain_text("climate-bedroom")
    rows.first.locator("a").click()
    expect(visit.page.locator(".device-id")).to_have_text("climate-bedroom")
    expect(visit.page.locator(".overview")).to_be_hidden()
    visit.page.locator('[data-node="entity|house"]').click()
    expect(rows).to_have_count(4)
    expect(visit.page).to_have_url(f"{dashboard.url}/?entity=house")
    assert visit.errors == []


def test_a_spot_of_the_scene_leads_to_its_device(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?entity=house")
    spot = visit.page.locator("svg.scene a.read").first
    expect(spot).to_have_attribute("aria-label", re.compile(r"\w+ of [\w-]+, [\w-]+: .+"))
    device = (spot.get_attribute("href") or "").removeprefix("/?device=")
    spot.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".device-id")).to_have_text(device)


def test_a_device_that_is_none_is_said_and_no_other_is_shown(dashboard: Dashboard, visit: Visit) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchn")
    expect(visit.page.locator(".banner")).to_have_text(
        "smart-home has no device climate-kitchn; did you mean climate-kitchen?"
    )
    expect(visit.page.locator(".device-id")).to_have_text("All devices")
    visit.page.locator('[data-node="device|house|meter-house"]').click()
    expect(visit.page.locator(".banner")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("L2", ["L2 · processing", "on Azure", "runs the user's processors", "has a URL"]),
        ("L1 → L2", ["from AWS to Azure", "POSTs to the ingestion endpoint", "REMOTE_INGESTION_URL", "dead-lettered"]),
    ],
)
def test_a_click_on_the_placement_opens_what_stands_behind_it(
    dashboard: Dashboard, visit: Visit, name: str, expected: list[str]
) -> None:
    visit.page.goto(f"{dashboard.url}/?device=climate-kitchen")
    expect(visit.page.locator("svg.t2mc")).to_contain_text("k · ")
    visit.page.locator(f'svg.t2mc [data-name="{name}"]').last.click()
    for words in expected:
        expect(visit.page.locator(".details")).to_contain_text(words)
    assert visit.errors == []


def test_an_address_that_is_no_page_says_so_with_a_way_back(dashboard: Dashboard, visit: Visit) -> None:
    answer = visit.page.goto(f"{dashboard.url}/nosuch")
    assert answer is not None
    assert answer.status == 404
    expect(visit.page.locator(".device-id")).to_have_text("There is no page /nosuch")
    visit.page.get_by_role("link", name="The twin").click()
    expect(visit.page.locator("svg.t2mc .slot")).to_have_count(7)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:PORT", "Origin": "http://localhost:PORT"}, 200),
        ({"Host": "evil.example:PORT"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
    ],
)
@pytest.mark.parametrize("upgrade", [False, True])
def test_another_sites_page_gets_no_answer(
    dashboard: Dashboard, headers: dict[str, str], status: int, upgrade: bool
) -> None:
    """Over DNS rebinding a page of another site asks under its own name; from its own origin it says so."""
    port = dashboard.url.rpartition(":")[2]
    sent = {name: text.replace("PORT", port) for name, text in headers.items()}
    path = "/"
    if upgrade:
        path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id=x"
        sent |= {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        sent["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    try:
        connection.request("GET", path, headers=sent)
        answered = connection.getresponse().status
    finally:
        connection.close()
    assert answered == (101 if upgrade and status == 200 else status)


def test_a_folder_without_a_running_twin_is_refused_with_a_sentence(tmp_path: Path) -> None:
    write_template("smart-home", tmp_path / "home")
    command = [sys.executable, "-m", "twin2multicloud.manage", str(tmp_path / "home")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("did not start: nothing is deployed from")
    assert "Traceback" not in ended.stderr

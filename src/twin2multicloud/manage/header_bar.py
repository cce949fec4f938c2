"""The bar at the top: the twin's name, cloud states, activity and the theme switch. Owns no data."""

from nicegui import ui

from twin2multicloud.domain.placement import Cloud
from twin2multicloud.emulator.host.status import CloudStatus
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.formatting import count_text
from twin2multicloud.planning.clouds import label_of

_DARK = "t2mc_dark"  # a cookie of this address


class HeaderBar:
    """Name, health, pulse and the switch between dark and light."""

    def __init__(self, twin_name: str, clouds: tuple[Cloud, ...], drawer: ui.left_drawer) -> None:
        with ui.header().classes("bar"):
            ui.button(icon="menu", on_click=drawer.toggle).props("flat round dense aria-label=Hierarchy")
            ui.html(LOGO, sanitize=False).classes("logo")
            ui.label(twin_name).classes("twin-name")
            with ui.element("div").classes("cloud-chips"):
                self._chips = {cloud: _chip(cloud) for cloud in clouds}
            self._health = ui.label("asking …").classes("health")
            ui.space()
            self._traffic = ui.label().classes("traffic")
            with ui.element("div").classes("pulse") as self._pulse:
                ui.element("span").classes("dot")
                self._pulse_text = ui.label("…")
            optimizer = ui.button(icon="savings", on_click=lambda: ui.navigate.to("/optimizer"))
            optimizer.props('flat round dense aria-label="What placements cost"').tooltip("What placements cost")
            light_switch()

    def update(self, feed: Feed, *, readable: bool) -> None:
        """Show what the feed says. `readable`: the last read of a device was answered."""
        down = [label_of(each.cloud) for each in feed.clouds if not each.running]
        alive = feed.alive and readable and not down
        running = [cloud for cloud in feed.clouds if cloud.running]
        if feed.clouds:
            self._health.set_text(f"{len(running)} of {len(feed.clouds)} clouds running")
            self._traffic.set_text(_traffic(feed.clouds))
        for status in feed.clouds:
            if status.cloud in self._chips:
                on = status.running
                self._chips[status.cloud].classes(add="" if on else "off", remove="off" if on else "")
        self._pulse_text.set_text("live" if alive else f"{down[0]} is down" if feed.alive and down else "no answer")
        self._pulse.classes(add="alive" if alive else "", remove="" if alive else "alive")


def plain_header(title: str) -> None:
    """The bar of a page that shows no running twin."""
    with ui.header().classes("bar"):
        ui.html(LOGO, sanitize=False).classes("logo")
        ui.label(title).classes("twin-name")
        ui.space()
        ui.link("Dashboard", "/").classes("quiet")
        light_switch()


def light_switch() -> None:
    """The button between dark and light. Until it is used, pages are as the visitor's system has it; then they stay."""
    chosen = ui.context.client.request.cookies.get(_DARK)
    dark = ui.dark_mode(None if chosen is None else chosen == "yes")

    async def switch() -> None:
        # The cookie first: whoever sees the other light may go to another page at once.
        dark.value = await ui.run_javascript(
            "const dark = !Quasar.Dark.isActive;"
            f"document.cookie = `{_DARK}=${{dark ? 'yes' : 'no'}}; path=/; max-age=31536000; samesite=strict`;"
            "return dark"
        )

    ui.button(icon="contrast", on_click=switch).props('flat round dense aria-label="Dark or light"')


def _chip(cloud: Cloud) -> ui.element:
    with ui.element("div").classes(f"chip {cloud}") as chip:
        ui.element("span").classes("dot")
        ui.label(label_of(cloud))
    return chip


def _traffic(clouds: tuple[CloudStatus, ...]) -> str:
    published, errors = sum(each.published for each in clouds), sum(each.errors for each in clouds)
    stored = [each.stored for each in clouds if each.stored is not None]
    parts = [f"{count_text(published)} published"]
    if stored:
        parts.append(f"{count_text(sum(stored))} stored")
    return " · ".join([*parts, f"{count_text(errors)} errors"])


LOGO = """
<svg viewBox="0 0 32 32" xmlns="http://www.w3.org/2000/svg" width="26" height="26" aria-hidden="true">
<path d="M16 8 8 22M16 8l8 14M8 22h16" stroke="#8491a3" stroke-width="2.4" fill="none"/>
<circle cx="16" cy="8" r="5" fill="#e8830c"/><circle cx="8" cy="22.5" r="5" fill="#1f7ae0"/>
<circle cx="24" cy="22.5" r="5" fill="#23a455"/></svg>
""".strip().replace("\n", "")
"""Three clouds, joined; the favicon too."""

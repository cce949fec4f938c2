"""The lists of dead letters and of error events: reason, count, age. Counts nothing and sends nothing again."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from twin2multicloud.domain.timestamps import to_datetime
from twin2multicloud.manage.feed import Feed
from twin2multicloud.manage.formatting import age_text
from twin2multicloud.manage.overview_panel import CELL
from twin2multicloud.operations.dead_letters import LetterGroup
from twin2multicloud.operations.error_events import ErrorGroup, by_component
from twin2multicloud.planning.clouds import label_of

_SHOWN = 20
_LETTERS = (("reason", "Reason"), ("where", "Boundary"), ("cloud", "Cloud"), ("cause", "Cause"))
_ERRORS = (("reason", "Message"), ("where", "Component"), ("cloud", "Cloud"), ("cause", "Code"))


class KeptPanel:
    """Both lists. Each is hidden while there is nothing in it."""

    def __init__(self) -> None:
        self._letters = _List("Dead letters", "t2mc dlq shows, sends again and drops them", _LETTERS)
        self._errors = _List("Error events", "docs/errors.md says what to do about each code", _ERRORS)

    def update(self, feed: Feed, now: int) -> None:
        """Show what the feed knows; `now` is in ms since 1970."""
        self._letters.update([_letter_row(each, now) for each in feed.letters[:_SHOWN]], len(feed.letters))
        counts = " · ".join(f"{name} {count:,}" for name, count in by_component(feed.errors).items())
        self._errors.update([_error_row(each, now) for each in feed.errors[:_SHOWN]], len(feed.errors), counts)


class _List:
    def __init__(self, title: str, hint: str, words: Sequence[tuple[str, str]]) -> None:
        with ui.element("section").classes("panel last") as self._panel:
            with ui.row().classes("items-baseline"):
                ui.label(title).classes("section")
                self._hint = ui.label(hint).classes("quiet")
            self._table = ui.table(columns=_columns(words), rows=[], row_key="key").props("flat dense hide-pagination")
            self._table.classes("listing kept")
            self._table.add_slot("body-cell", CELL)
        self._text = hint
        self._panel.visible = False

    def update(self, rows: list[dict[str, Any]], groups: int, counts: str = "") -> None:
        """Show rows, if they are not shown already, how many there are beyond them, and counts beside the title."""
        self._panel.visible = bool(rows)
        more = f"{groups - len(rows):,} more" if groups > len(rows) else ""
        self._hint.set_text("; ".join(filter(None, (counts, more, self._text))))
        if rows != self._table.rows:
            self._table.rows = rows


def _columns(words: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    texts = [{"name": name, "label": label, "field": name, "align": "left"} for name, label in words]
    texts[0] |= {"classes": "values", "style": "min-width: 12em"}
    numbers = [("count", "Messages"), ("age", "Newest")]
    return [*texts, *({"name": name, "label": label, "field": name, "align": "right"} for name, label in numbers)]


def _letter_row(each: LetterGroup, now: int) -> dict[str, Any]:
    return {
        "key": f"{each.cloud}/{each.boundary}/{each.cause}/{each.reason}",
        "reason": each.reason,
        "where": each.boundary,
        "cloud": label_of(each.cloud),
        "cause": each.cause,
        "count": f"{each.messages:,}",
        "age": _age(each.newest, now),
    }


def _error_row(each: ErrorGroup, now: int) -> dict[str, Any]:
    return {
        "key": f"{each.cloud}/{each.component}/{each.code}/{each.message}",
        "reason": each.message,
        "where": each.component,
        "cloud": label_of(each.cloud),
        "cause": each.code,
        "count": f"{each.messages:,}",
        "age": _age(each.newest, now),
    }


def _age(stamp: str, now: int) -> str:
    return age_text(now / 1000 - to_datetime(stamp).timestamp())

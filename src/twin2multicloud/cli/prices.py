"""t2mc prices: show, compare and fetch list prices. Owns the files of price books and the socket to the price lists."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from twin2multicloud.cli.console import cloud_text, err, out, say_json
from twin2multicloud.costs.fetching import Fetched, PriceSource
from twin2multicloud.costs.prices import CloudPrices, Price, PriceBook, differences
from twin2multicloud.costs.snapshots import decode_prices, encode_prices
from twin2multicloud.domain.errors import ConfigurationError, FinalError, RetryableError
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress, Report
from twin2multicloud.planning.clouds import fetcher_of, known_cloud, known_clouds, label_of, pack

BookPath = Annotated[
    Path | None,
    typer.Option("--prices", help="A price book, or a folder of them.", show_default="the shipped snapshot"),
]
CloudNames = Annotated[
    list[str] | None, typer.Option("--cloud", "-c", help="Only this cloud; may be given more than once.")
]
_TIMEOUT = 120.0  # s; an offer file of AWS has several megabytes

prices_app = typer.Typer(
    add_completion=False, help="List prices: show them, compare them, fetch new ones.", no_args_is_help=True
)


class HttpsPriceSource:
    """A `PriceSource` on the standard library's HTTPS client."""

    def get(self, url: str, query: Mapping[str, str]) -> bytes:
        """The body of a 200. Raises RetryableError (unreachable, throttled, 5xx), FinalError (refused)."""
        if not url.startswith("https://"):
            raise FinalError(f"a price list is fetched over https, found {url}")
        full = f"{url}?{urllib.parse.urlencode(query)}" if query else url
        try:
            with urllib.request.urlopen(full, timeout=_TIMEOUT) as answer:  # noqa: S310 - https, checked above
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            kind = RetryableError if error.code == 429 or error.code >= 500 else FinalError
            raise kind(f"{_host(url)} answered {error.code}; nothing was written") from error
        except (OSError, TimeoutError) as error:
            raise RetryableError(f"{_host(url)} cannot be reached ({error}); nothing was written") from error


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def load_book(path: Path | None) -> PriceBook:
    """The shipped book, with the clouds of a file or folder in place of its own; of several for a cloud the newest.

    Raises ConfigurationError that names the file.
    """
    shipped = PriceBook.shipped()
    if path is None:
        return shipped
    if not path.exists():
        raise ConfigurationError(f"{path}: no such file or folder of price books; make one with t2mc prices fetch")
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = [decode_prices(each.read_bytes(), str(each)) for each in files]
    if not found:
        raise ConfigurationError(f"{path}: no price book (*.json) in this folder")
    newest = sorted(found, key=lambda each: each.date)
    return PriceBook.of(*shipped.clouds.values(), *newest)


@prices_app.command()
def show(
    prices: BookPath = None,
    cloud: CloudNames = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole book as JSON.")] = False,
    markdown: Annotated[bool, typer.Option(help="As the tables of docs/price_sources.md.")] = False,
) -> None:
    """Print every price with its unit and source.

    Example: t2mc prices show --cloud gcp
    """
    book = load_book(prices)
    clouds = _clouds(cloud)
    if as_json:
        found = [msgspec.to_builtins(book[each]) for each in clouds]
        say_json({"digest": book.digest(), "books": found})
        return
    if markdown:
        typer.echo("\n".join(_markdown(book[each]) for each in clouds), nl=False)
        return
    for each in clouds:
        out.print(_book_text(book[each]), soft_wrap=False)
    unconfirmed = sum(not price.confirmed for each in clouds for price in book[each].prices.values())
    total = sum(len(book[each].prices) for each in clouds)
    out.print(f"{total} prices, {unconfirmed} of them not confirmed (*); digest {book.digest()}")


@prices_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A price book, or a folder of them.")],
    new: Annotated[Path | None, typer.Argument(help="The other one.", show_default="the shipped snapshot")] = None,
) -> None:
    """Print which prices differ between two books.

    Example: t2mc prices diff prices
    """
    before, after = load_book(old), load_book(new)
    if new is None:  # what the user has is newer than what came with the product
        before, after = after, before
    out.print(changes_table(before, after))


@prices_app.command()
def fetch(
    to: Annotated[Path, typer.Option("--to", help="The folder to write the snapshots to.")] = Path("prices"),
    prices: BookPath = None,
    cloud: CloudNames = None,
    google_api_key: Annotated[
        str, typer.Option("--google-api-key", envvar="T2MC_GOOGLE_API_KEY", help="For Google's price catalogue.")
    ] = "",
) -> None:
    """Fetch the vendors' price lists, write a new snapshot of each, and show what changed.

    Example: t2mc prices fetch --cloud aws --cloud azure --to prices
    """
    book = load_book(prices)
    today = datetime.now(UTC).date().isoformat()
    fetched = fetch_all(book, _clouds(cloud), HttpsPriceSource(), google_api_key, today, _report)
    for path in write_snapshots(fetched, to):
        out.print(f"wrote {path}", soft_wrap=True)
    after = PriceBook.of(*book.clouds.values(), *(each.prices for each in fetched))
    out.print(changes_table(book, after))
    for each in fetched:
        for meter, reason in each.kept.items():
            err.print(f"[dim]kept: {each.prices.cloud} {meter}: {reason}[/]", soft_wrap=True)


def fetch_all(
    book: PriceBook,
    clouds: Iterable[Cloud],
    source: PriceSource,
    google_api_key: str,
    date: str,
    report: Report,
) -> tuple[Fetched, ...]:
    """New snapshots of the given clouds; all of them, or none where one cannot be had."""
    return tuple(fetcher_of(cloud)(book[cloud], source, report, date, google_api_key) for cloud in clouds)


def write_snapshots(fetched: Iterable[Fetched], folder: Path) -> list[Path]:
    """One file per cloud, named by cloud, region and date."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for each in fetched:
        path = folder / f"{each.prices.cloud}-{each.prices.region}-{each.prices.date}.json"
        path.write_bytes(encode_prices(each.prices))
        written.append(path)
    return written


def changes_table(before: PriceBook, after: PriceBook) -> Table:
    """Every price that differs, old beside new."""
    table = Table(title="changed prices", title_justify="left", box=None, pad_edge=False)
    table.add_column("cloud")
    table.add_column("meter")
    for column in ("old", "new", "change"):
        table.add_column(column, justify="right")
    table.add_column("per")
    for change in differences(before, after):
        shown = change.after or change.before
        ratio = change.ratio
        table.add_row(
            cloud_text(change.cloud),
            change.meter,
            _amount(change.before),
            _amount(change.after),
            "" if ratio is None else f"{(ratio - 1) * 100:+.1f} %",
            "" if shown is None else f"{shown.per:,.0f} {shown.unit}",
        )
    if not table.row_count:
        table.caption = "no price differs"
    return table


def _book_text(book: CloudPrices) -> Group:
    """Each price on a line, and where it came from on the next: sources are sentences, a column would break them."""
    lines = [Text(f"{label_of(book.cloud)} {book.region} ({book.country}), {book.date}, {book.currency}", style="bold")]
    for meter, price in sorted(book.prices.items()):
        mark = " " if price.confirmed else "*"
        free = f", {price.free:,.0f} free a month" if price.free else ""
        lines.append(Text(f"{meter:<30}{_amount(price):>12}{mark} per {price.per:,.0f} {price.unit}{free}"))
        lines.append(Text(f"    {price.source}", style="dim"))
    return Group(*lines)


def _markdown(book: CloudPrices) -> str:
    lines = [
        f"## {label_of(book.cloud)}, {book.region} ({book.country}), {book.date}, {book.currency}",
        "",
        "| meter | price | per | free a month | source |",
        "|---|---:|---|---:|---|",
    ]
    for meter, price in sorted(book.prices.items()):
        free = f"{price.free:,.0f}" if price.free else ""
        mark = "" if price.confirmed else " *"
        lines.append(
            f"| `{meter}` | {_amount(price)}{mark} | {price.per:,.0f} {price.unit} | {free} | {price.source} |"
        )
    return "\n".join([*lines, ""])


def _amount(price: Price | None) -> str:
    if price is None:
        return "–"
    tiers = "".join(f" / {tier.price:g}" for tier in price.further)
    return f"{price.price:g}{tiers}"


def _with_price_lists() -> tuple[Cloud, ...]:
    return tuple(cloud for cloud in known_clouds() if pack(cloud).fetcher)


def _clouds(names: list[str] | None) -> tuple[Cloud, ...]:
    return tuple(known_cloud(name) for name in names) if names else _with_price_lists()


def _report(event: Progress) -> None:
    err.print(event.message, style="dim", soft_wrap=True)

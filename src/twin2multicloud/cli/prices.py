"""t2mc prices: show, compare and fetch list prices. Owns options and looks; fetches and prices nothing itself."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from twin2multicloud.cli.console import cloud_text, err, make_table, out, say_json
from twin2multicloud.costs.prices import CloudPrices, Price, PriceBook, differences
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.domain.progress import Progress
from twin2multicloud.operations.prices import fetch_prices, load_book
from twin2multicloud.planning.clouds import known_cloud, known_clouds, label_of, pack

BookPath = Annotated[
    Path | None,
    typer.Option("--prices", help="A price book, or a folder of them.", show_default="the shipped snapshot"),
]
CloudNames = Annotated[list[str] | None, typer.Option("--cloud", "-c", help="Only this cloud; may be repeated.")]

prices_app = typer.Typer(
    add_completion=False, help="List prices: show them, compare them, fetch new ones.", no_args_is_help=True
)


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
        books = [msgspec.to_builtins(book[each]) for each in clouds]
        say_json({"digest": book.digest(), "books": books})
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
    written = fetch_prices(book, _clouds(cloud), to, _report, google_api_key=google_api_key)
    for path in written:
        out.print(f"wrote {path}", soft_wrap=True)
    after = PriceBook.of(*book.clouds.values(), *(each.prices for each in written.values()))
    out.print(changes_table(book, after))
    for each in written.values():
        for meter, reason in each.kept.items():
            err.print(f"[dim]kept: {each.prices.cloud} {meter}: {reason}[/]", soft_wrap=True)


def changes_table(before: PriceBook, after: PriceBook) -> Table:
    """Every price that differs, old beside new."""
    table = make_table("changed prices", "cloud", "meter", ">old", ">new", ">change", "per")
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


def _clouds(names: list[str] | None) -> tuple[Cloud, ...]:
    """The clouds that were named, or all that have a price list."""
    every = (cloud for cloud in known_clouds() if pack(cloud).fetcher)
    return tuple(map(known_cloud, names)) if names else tuple(every)


def _report(event: Progress) -> None:
    err.print(event.message, style="dim", soft_wrap=True)

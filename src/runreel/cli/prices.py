"""`runreel prices`: lists and sets prices of models, shows what has none, and prices recorded calls again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runreel.cli.answer import JsonObject, list_at, number_at, objects_at, text_at
from runreel.cli.client import MAX_PAGE, Client
from runreel.cli.command import plain_number
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.price_table import draw_prices, draw_unpriced
from runreel.cli.quantity import format_cost

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_RATES = ("input", "output", "cached", "cache_write", "reasoning")
_SUMS: Sequence[str] = ("examined_events", "changed_events", "cost_change", "unpriced_change")


def add_to(commands: Commands) -> None:
    """Declare the commands; plain `runreel prices` lists."""
    common = connection_options()
    filters = _list_options()
    prices = commands.add_parser(
        "prices",
        help="list and set what models cost",
        description="Work with the prices of models. Without a command: list them.",
        parents=[common, filters],
    )
    prices.set_defaults(command=list_prices)
    nested = prices.add_subparsers(metavar="COMMAND")

    listing = nested.add_parser("list", help="list the prices that count", parents=[common, filters])
    listing.set_defaults(command=list_prices)

    setting = nested.add_parser("set", help="set what a model costs, in dollars per million tokens", parents=[common])
    _add_address(setting)
    _add_rates(setting)
    setting.set_defaults(command=set_price)

    unsetting = nested.add_parser("unset", help="remove what was set for a model", parents=[common])
    _add_address(unsetting)
    unsetting.add_argument("--from", dest="valid_from", metavar="DATE", help="only the price from then on")
    unsetting.set_defaults(command=unset_price)

    recomputing = nested.add_parser(
        "recompute", help="price recorded calls again by the prices of now", parents=[common]
    )
    recomputing.add_argument("--model", help="only calls of the model with exactly this name")
    recomputing.add_argument("--since", metavar="DATE", help="only calls that began then or later")
    recomputing.add_argument("--dry-run", action="store_true", help="change nothing, and say what would change")
    recomputing.set_defaults(command=recompute)

    unpriced = nested.add_parser("unpriced", help="list the models without a price", parents=[common])
    unpriced.set_defaults(command=list_unpriced)


def list_prices(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of the prices that count."""
    given = vars(arguments)
    query = {key: str(given[key]) for key in ("provider", "model") if key in given}
    prices = _read_all(connect(arguments, console), ("api", "prices"), query, "prices")
    if "json" in arguments:
        return print_json({"prices": prices}, console)
    for line in draw_prices(objects_at({"prices": prices}, "prices"), console):
        console.say(line)
    if not prices:
        console.say("No price matches." if query else "There are no prices.")
    return 0


def set_price(arguments: argparse.Namespace, console: Console) -> int:
    """Set what a model costs."""
    given = vars(arguments)
    content = {name: given[name] for name in (*_RATES, "batch", "valid_from") if given[name] is not None}
    price = connect(arguments, console).put("api", "prices", arguments.provider, arguments.model, body=content)
    if "json" in arguments:
        return print_json(price, console)
    for line in draw_prices([price], console):
        console.say(line)
    console.say("Calls that are recorded already keep their price until `runreel prices recompute`.")
    return 0


def unset_price(arguments: argparse.Namespace, console: Console) -> int:
    """Remove what was set for a model."""
    query = None if arguments.valid_from is None else {"valid_from": arguments.valid_from}
    answer = connect(arguments, console).delete("api", "prices", arguments.provider, arguments.model, query=query)
    if "json" in arguments:
        return print_json(answer, console)
    n_deleted = number_at(answer, "deleted_prices")
    console.say(f"Removed {n_deleted:.0f} {'price' if n_deleted == 1 else 'prices'}.")
    return 0


def recompute(arguments: argparse.Namespace, console: Console) -> int:
    """Price recorded calls again, part by part; when it is broken off, what was done is done."""
    client = connect(arguments, console)
    wish: JsonObject = {"dry_run": arguments.dry_run}
    wish.update({key: value for key in ("model", "since") if (value := vars(arguments)[key]) is not None})
    sums = dict.fromkeys(_SUMS, 0.0)
    cursor: str | None = None
    while True:
        answer = client.post("api", "prices", "recompute", body={**wish, "cursor": cursor})
        for name in _SUMS:
            sums[name] += number_at(answer, name)
        cursor = text_at(answer, "next_cursor")
        if cursor is None:
            break
        _show_progress(sums["examined_events"], number_at(answer, "runs_left"), console)
    if "json" in arguments:
        whole = {name: sums[name] if name == "cost_change" else int(sums[name]) for name in _SUMS}
        return print_json({"dry_run": arguments.dry_run, **whole}, console)
    console.say(_told(sums, dry_run=arguments.dry_run))
    return 0


def list_unpriced(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of the models without a price."""
    models = _read_all(connect(arguments, console), ("api", "prices", "unpriced"), {}, "models")
    if "json" in arguments:
        return print_json({"models": models}, console)
    for line in draw_unpriced(objects_at({"models": models}, "models"), console):
        console.say(line)
    if not models:
        console.say("Every call has a price.")
    return 0


def _list_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--provider", help="only prices of this provider")
    options.add_argument("--model", help="only prices of the model with exactly this name")
    return options


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider", metavar="PROVIDER", help="who serves the model, such as openai")
    parser.add_argument("model", metavar="MODEL", help="the model's exact name, as calls of it are recorded")


def _add_rates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input", type=plain_number, required=True, metavar="X", help="tokens of the prompt")
    parser.add_argument("--output", type=plain_number, required=True, metavar="X", help="tokens of the answer")
    parser.add_argument("--cached", type=plain_number, metavar="X", help="tokens read from a cache (as --input)")
    parser.add_argument("--cache-write", type=plain_number, metavar="X", help="tokens written to a cache (as --input)")
    parser.add_argument("--reasoning", type=plain_number, metavar="X", help="tokens of reasoning (as --output)")
    parser.add_argument("--batch", type=plain_number, metavar="X", help="a call in a batch, as a part of another")
    parser.add_argument("--from", dest="valid_from", metavar="DATE", help="from when on (always)")


def _read_all(client: Client, path: tuple[str, ...], query: dict[str, str], key: str) -> list[object]:
    items: list[object] = []
    page_query = {**query, "limit": str(MAX_PAGE)}
    while True:
        page = client.get(*path, query=page_query)
        items += list_at(page, key)
        cursor = text_at(page, "next_cursor")
        if cursor is None:
            return items
        page_query["cursor"] = cursor


def _show_progress(n_events: float, n_runs_left: float, console: Console) -> None:
    # Where nobody watches, a line for each part would only fill a log.
    if console.err.isatty():
        console.err.write(f"\r{n_events:,.0f} events, {n_runs_left:,.0f} runs to go \r")
        console.err.flush()


def _told(sums: dict[str, float], *, dry_run: bool) -> str:
    change = sums["cost_change"]
    verb = "would change" if dry_run else "changed"
    return (
        f"Of {sums['examined_events']:,.0f} calls without a recorder's cost, {sums['changed_events']:,.0f} {verb}: "
        f"{'-' if change < 0 else '+'}{format_cost(abs(change))}, "
        f"{sums['unpriced_change']:+,.0f} without a price."
    )

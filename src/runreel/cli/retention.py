"""`runreel retention`: how long runs are kept."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from runreel.cli.answer import JsonObject, number_at, objects_at, text_at
from runreel.cli.client import MAX_PAGE
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.quantity import count_of, format_instant, format_size
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.errors import ConfigError

if TYPE_CHECKING:
    from runreel.cli.client import Client
    from runreel.cli.command import Commands

_PATH = ("api", "retention")
_MS_OF_UNIT = {"h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_BYTES_OF_UNIT = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", re.IGNORECASE)


def add_to(commands: Commands) -> None:
    """Declare the commands; plain `runreel retention` lists the rules."""
    common = connection_options()
    text = "say how long runs are kept, and delete what is beyond that"
    retention = commands.add_parser("retention", help=text, description=f"{text.capitalize()}.", parents=[common])
    retention.set_defaults(command=list_rules)
    nested = retention.add_subparsers(metavar="COMMAND")

    listing = nested.add_parser("list", help="list the rules", parents=[common])
    listing.set_defaults(command=list_rules)

    put = nested.add_parser("set", help="set the rule of an agent, or of all", parents=[common])
    _add_agent(put)
    put.add_argument("--max-age", type=_age_ms, metavar="AGE", help="age of the last activity, such as 30d, 12h, 8w")
    put.add_argument("--max-size", type=_size_bytes, metavar="SIZE", help="size of all its runs, such as 20GiB")
    put.set_defaults(command=set_rule)

    remove = nested.add_parser("remove", help="remove the rule of an agent, or of all", parents=[common])
    _add_agent(remove)
    remove.set_defaults(command=remove_rule)

    sweep = nested.add_parser("sweep", help="delete now what is beyond the rules", parents=[common])
    sweep.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    sweep.set_defaults(command=sweep_runs)


def list_rules(arguments: argparse.Namespace, console: Console) -> int:
    """Print the rules."""
    rules = _read_rules(connect(arguments, console))
    if "json" in arguments:
        return print_json({"rules": rules}, console)
    if not rules:
        console.say("There are no rules: everything is kept.")
        return 0
    columns = [Column(title="AGENT", is_flexible=True), Column(title="AGE", is_right=True), Column(title="SIZE")]
    cells = [[Cell(_whose(rule)), Cell(_age_of(rule)), Cell(_size_of(rule))] for rule in rules]
    rows = [titles(columns, console.palette.faint), *cells]
    for line in lay_out(columns, rows, width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)
    return 0


def set_rule(arguments: argparse.Namespace, console: Console) -> int:
    """Set a rule; it replaces a former one."""
    if arguments.max_age is None and arguments.max_size is None:
        raise ConfigError("a rule needs --max-age, --max-size or both")
    body = {"max_age_ms": arguments.max_age, "max_bytes": arguments.max_size}
    rule = connect(arguments, console).put(*_path_of(arguments), body=body)
    if "json" in arguments:
        return print_json(rule, console)
    bounds = " and ".join(filter(None, (_age_of(rule), _size_of(rule))))
    console.say(f"Ended runs of {_whose(rule)} are kept within {bounds}.")
    return 0


def remove_rule(arguments: argparse.Namespace, console: Console) -> int:
    """Remove a rule; no run is touched by that."""
    answer = connect(arguments, console).delete(*_path_of(arguments))
    if "json" in arguments:
        return print_json(answer, console)
    console.say("The rule is removed.")
    return 0


def sweep_runs(arguments: argparse.Namespace, console: Console) -> int:
    """Delete all that is beyond the rules, or say what would go."""
    client = connect(arguments, console)
    if arguments.dry_run:
        report = client.post(*_PATH, "sweep", query={"dry_run": "true", "limit": str(MAX_PAGE)})
    else:
        report = _sweep_all(client, console)
    if "json" in arguments:
        return print_json(report, console)
    if arguments.dry_run:
        for run in objects_at(report, "runs"):
            name = text_at(run, "run_name") or text_at(run, "run_id")
            console.say(f"{format_instant(run.get('last_active_at'))}  {text_at(run, 'agent_name')} / {name}")
    verb = "Would delete" if arguments.dry_run else "Deleted"
    runs = count_of(number_at(report, "deleted_runs"), "run")
    events = count_of(number_at(report, "deleted_events"), "event")
    size = format_size(number_at(report, "deleted_bytes"))
    console.say(f"{verb} {runs} with {events}, about {size}.")
    return 0


def _sweep_all(client: Client, console: Console) -> JsonObject:
    sums = dict.fromkeys(("deleted_runs", "deleted_events", "deleted_bytes"), 0.0)
    while True:
        report = client.post(*_PATH, "sweep", query={"limit": str(MAX_PAGE)})
        for name in sums:
            sums[name] += number_at(report, name)
        if not report.get("has_more"):
            return {"dry_run": False, **{name: int(amount) for name, amount in sums.items()}}
        if console.err.isatty():
            console.complain(f"{count_of(sums['deleted_runs'], 'run')} deleted so far")


def _read_rules(client: Client) -> list[JsonObject]:
    rules: list[JsonObject] = []
    query = {"limit": str(MAX_PAGE)}
    while True:
        page = client.get(*_PATH, query=query)
        rules += objects_at(page, "rules")
        cursor = text_at(page, "next_cursor")
        if cursor is None:
            return rules
        query["cursor"] = cursor


def _add_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT", nargs="?", help="the agent; without one, all agents")


def _path_of(arguments: argparse.Namespace) -> tuple[str, ...]:
    return _PATH if arguments.agent is None else (*_PATH, arguments.agent)


def _whose(rule: JsonObject) -> str:
    return text_at(rule, "agent_name") or "all agents"


def _age_of(rule: JsonObject) -> str:
    days = number_at(rule, "max_age_ms") / _MS_OF_UNIT["d"]
    return f"{days:g} days" if days else ""


def _size_of(rule: JsonObject) -> str:
    n_bytes = number_at(rule, "max_bytes")
    return format_size(n_bytes) if n_bytes else ""


def _age_ms(text: str) -> int:
    return _amount(text, _MS_OF_UNIT, "30d, 12h or 8w")


def _size_bytes(text: str) -> int:
    return _amount(text, {"": 1, **_BYTES_OF_UNIT}, "500MB or 20GiB")


def _amount(text: str, units: dict[str, int], examples: str) -> int:
    match = _AMOUNT.fullmatch(text.strip())
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} can't be read; write it like {examples}")
    return max(1, round(float(match[1]) * factor))

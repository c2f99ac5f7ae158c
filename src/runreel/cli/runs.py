"""`runreel runs`: lists, shows, renames and deletes the runs of a server."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from runreel.cli.answer import JsonObject, list_at, objects_at, text_at
from runreel.cli.bulk_deletion import add_filters_to, delete_matching, wanted_of
from runreel.cli.client import MAX_PAGE, Client
from runreel.cli.command import positive_number
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.run_table import draw_runs
from runreel.cli.run_tree import draw_run
from runreel.cli.run_view import name_of, read_run_view
from runreel.errors import ConfigError

if TYPE_CHECKING:
    from runreel.cli.command import Commands

Address: TypeAlias = tuple[str, ...]

DEFAULT_N_RUNS = 20
DEFAULT_N_EVENTS = 1000


def add_to(commands: Commands) -> None:
    """Declare the commands; plain `runreel runs` lists."""
    common = connection_options()
    filters = _list_options()
    runs = commands.add_parser(
        "runs",
        help="list, show, rename and delete runs",
        description="Work with recorded runs. Without a command: list them.",
        parents=[common, filters],
    )
    runs.set_defaults(command=list_runs)
    nested = runs.add_subparsers(metavar="COMMAND")

    listing = nested.add_parser("list", help="list runs, newest first", parents=[common, filters])
    listing.set_defaults(command=list_runs)

    show = nested.add_parser("show", help="show one run as a tree", parents=[common])
    _add_address(show)
    show.add_argument(
        "--limit", type=positive_number, default=DEFAULT_N_EVENTS, metavar="N", help="most events (%(default)s)"
    )
    show.set_defaults(command=show_run)

    rename = nested.add_parser("rename", help="give a run another name", parents=[common])
    _add_address(rename)
    rename.add_argument("new_name", metavar="NEW", help="the name to give")
    rename.set_defaults(command=rename_run)

    delete = nested.add_parser("delete", help="delete runs and everything in them, for ever", parents=[common])
    delete.add_argument("address", metavar="AGENT", nargs="?", help="the run's agent; or, alone, a run's id")
    delete.add_argument("run", metavar="RUN", nargs="?", help="the run's name")
    add_filters_to(delete)
    delete.add_argument("--yes", action="store_true", help="don't ask")
    delete.set_defaults(command=delete_run)


def list_runs(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of runs, the newest first."""
    client = connect(arguments, console)
    given = vars(arguments)
    query = {key: str(given[key]) for key in ("agent", "status", "session") if key in given}
    page = _read_runs(client, query, limit=given.get("limit", DEFAULT_N_RUNS))
    if "json" in arguments:
        return print_json(page, console)
    runs = objects_at(page, "runs")
    for line in draw_runs(runs, console):
        console.say(line)
    if not runs:
        console.say("No run matches." if query else "There are no runs yet.")
    if page.get("next_cursor"):
        console.complain(f"There are more; `--limit {len(runs) * 5}` shows them.")
    return 0


def show_run(arguments: argparse.Namespace, console: Console) -> int:
    """Print one run: what it was, and the tree of what happened."""
    client = connect(arguments, console)
    view = read_run_view(client, _reading_address(arguments), n_events=arguments.limit)
    if "json" in arguments:
        return print_json(view.as_json(), console)
    for line in draw_run(view, console):
        console.say(line)
    return 0


def rename_run(arguments: argparse.Namespace, console: Console) -> int:
    """Rename a run; its old name leads to it until another run takes it."""
    changes = {"new_run_name": arguments.new_name}
    run = connect(arguments, console).patch(*_writing_address(arguments), changes=changes)
    if "json" in arguments:
        return print_json(run, console)
    console.say(f"It is called {name_of(run)} now.")
    return 0


def delete_run(arguments: argparse.Namespace, console: Console) -> int:
    """Delete one run, or all that match, after asking.

    Of one run, what was shown in the question is what is deleted, however it is called by then.
    """
    client = connect(arguments, console)
    wanted = wanted_of(arguments)
    if bool(wanted) is (arguments.address is not None):
        raise ConfigError("say which run to delete, or which runs by options; `--all` stands for every run")
    if wanted:
        return delete_matching(client, wanted, arguments, console)
    arguments.agent = arguments.address
    if arguments.dry_run:
        return _tell_of(client.get(*_reading_address(arguments)), arguments, console)
    address = _writing_address(arguments)
    if not arguments.yes:
        if not console.can_ask():
            raise ConfigError("deleting can't be undone, and there is no terminal to ask on; repeat it with `--yes`")
        run = client.get(*_reading_address(arguments))
        if not console.is_confirmed(f"Delete {name_of(run)} with its {run.get('event_count', 0)} events, for ever?"):
            console.complain("Nothing was deleted.")
            return 1
        address = ("api", "by-id", str(run["run_id"]))
    answer = client.delete(*address)
    if "json" in arguments:
        return print_json(answer, console)
    console.say("Deleted.")
    return 0


def _tell_of(run: JsonObject, arguments: argparse.Namespace, console: Console) -> int:
    if "json" in arguments:
        return print_json(run, console)
    console.say(f"{name_of(run)} with its {run.get('event_count', 0)} events would be deleted.")
    return 0


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT", help="the run's agent; or, alone, a run's id")
    parser.add_argument("run", metavar="RUN", nargs="?", help="the run's name")


def _reading_address(arguments: argparse.Namespace) -> Address:
    if arguments.run is None:
        return ("api", "runs", arguments.agent)
    return ("api", "runs", arguments.agent, arguments.run)


def _writing_address(arguments: argparse.Namespace) -> Address:
    if arguments.run is None:
        return ("api", "by-id", arguments.agent)
    return ("api", "runs", arguments.agent, arguments.run)


def _list_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--agent", help="only runs of this agent")
    options.add_argument("--status", help="only runs of this status, such as failed")
    options.add_argument("--session", help="only runs of the session with this id")
    options.add_argument("--limit", type=positive_number, metavar="N", help=f"most runs ({DEFAULT_N_RUNS})")
    return options


def _read_runs(client: Client, query: Mapping[str, str], *, limit: int) -> JsonObject:
    runs: list[object] = []
    cursor: str | None = None
    while True:
        page_query = {**query, "limit": str(min(limit - len(runs), MAX_PAGE))}
        page = client.get("api", "runs", query=page_query if cursor is None else {**page_query, "cursor": cursor})
        runs += list_at(page, "runs")
        cursor = text_at(page, "next_cursor")
        if cursor is None or len(runs) >= limit:
            return {"runs": runs, "next_cursor": cursor}

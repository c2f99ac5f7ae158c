"""`runreel runs delete` with filters: counts what matches, asks, and deletes it in parts."""

from __future__ import annotations

import argparse
import json

from runreel.cli.answer import JsonObject, number_at, objects_at
from runreel.cli.client import Client
from runreel.cli.console import Console
from runreel.cli.run_view import name_of
from runreel.errors import ConfigError

_NOTHING: JsonObject = {"status": "deleted", "deleted_runs": 0, "deleted_events": 0, "is_complete": True}
_PATH = ("api", "runs", "delete")
# The name that the API has for what an option says.
_FILTERS = {"of_agent": "agent", "of_status": "status", "of_session": "session", "before": "until"}


def add_filters_to(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say which runs to delete."""
    parser.add_argument("--agent", dest="of_agent", metavar="AGENT", help="all runs of this agent")
    parser.add_argument("--status", dest="of_status", metavar="STATUS", help="all runs of this status")
    parser.add_argument("--session", dest="of_session", metavar="SESSION", help="all runs of the session with this id")
    parser.add_argument("--before", metavar="TIME", help="all runs created before, such as 2026-01-31 (UTC)")
    parser.add_argument("--all", action="store_true", help="every run there is")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def wanted_of(arguments: argparse.Namespace) -> JsonObject:
    """Return what the options say of which runs to delete; empty where they say nothing."""
    given = vars(arguments)
    wanted: JsonObject = {name: given[option] for option, name in _FILTERS.items() if given[option] is not None}
    return {**wanted, "all": True} if arguments.all else wanted


def delete_matching(client: Client, wanted: JsonObject, arguments: argparse.Namespace, console: Console) -> int:
    """Delete all runs that match, after asking."""
    if not (arguments.dry_run or arguments.yes or console.can_ask()):
        raise ConfigError("deleting can't be undone, and there is no terminal to ask on; repeat it with `--yes`")
    matched = client.post(*_PATH, body={**wanted, "dry_run": True})
    n_runs, n_events = int(number_at(matched, "matching_runs")), int(number_at(matched, "matching_events"))
    if arguments.dry_run:
        return _tell(matched, arguments, console)
    if not n_runs:
        # Not even asked for: what matches by now has been shown to nobody.
        return _say(_NOTHING, "No run matches.", arguments, console)
    question = f"Delete {_runs(n_runs)} with {n_events} events, for ever?"
    if not arguments.yes and not console.is_confirmed(question):
        console.complain("Nothing was deleted.")
        return 1
    answer = _delete(client, wanted, n_runs, console)
    return _say(answer, f"Deleted {_runs(int(number_at(answer, 'deleted_runs')))}.", arguments, console)


def _say(answer: JsonObject, sentence: str, arguments: argparse.Namespace, console: Console) -> int:
    console.say(json.dumps(answer, indent=2) if "json" in arguments else sentence)
    return 0


def _delete(client: Client, wanted: JsonObject, n_expected: int, console: Console) -> JsonObject:
    n_runs = n_events = 0
    while True:
        answer = client.post(*_PATH, body=wanted)
        n_runs += int(number_at(answer, "deleted_runs"))
        n_events += int(number_at(answer, "deleted_events"))
        if answer.get("is_complete", True):
            return {**answer, "deleted_runs": n_runs, "deleted_events": n_events}
        console.complain(f"{n_runs} of {n_expected} are deleted.")


def _tell(matched: JsonObject, arguments: argparse.Namespace, console: Console) -> int:
    if "json" in arguments:
        console.say(json.dumps(matched, indent=2))
        return 0
    n_runs, first = int(number_at(matched, "matching_runs")), objects_at(matched, "first_runs")
    console.say(f"{_runs(n_runs)} with {int(number_at(matched, 'matching_events'))} events would be deleted.")
    for run in first:
        console.say(f"  {name_of(run)}")
    if n_runs > len(first):
        console.say(f"  and {n_runs - len(first)} more")
    return 0


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"

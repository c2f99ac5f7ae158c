"""`runreel push`: delivers what recorders left when they went."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runreel.cli.client import check_url
from runreel.cli.console import Console, print_json
from runreel.cli.journals import find_waiting, has_key
from runreel.cli.progress import progress_bar
from runreel.cli.quantity import count_of
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.cli.command import Commands
    from runreel.sdk.journal.folder import Found
    from runreel.sdk.recovery import Delivered

_DELIVERED, _ALIVE, _FAILED = "delivered", "alive", "failed"
# One journal waits so long for a server that does not answer; the next ones for it don't wait again.
_PATIENCE_S = 3.0
_OTHER_KEY = "it was recorded with another API key; set RUNREEL_API_KEY to that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of one journal; `problem` says why something of it still waits."""

    journal: Found
    url: str | None
    outcome: str
    n_delivered: int = 0
    n_refused: int = 0
    problem: str | None = None


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "push",
        help="deliver what recorders left when they went",
        description="Deliver the journals of recorders that are gone, each to its server. Doing it again is harmless.",
    )
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", help="folder of the journals, or one of them (RUNREEL_JOURNAL)"
    )
    parser.add_argument("--url", help="deliver to this server, whatever server they were recorded for")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=push_journals)


def push_journals(arguments: argparse.Namespace, console: Console) -> int:
    """Deliver, and say what became of each journal; fails where something could not be delivered."""
    url = None if arguments.url is None else check_url(arguments.url)
    journals = find_waiting(arguments.folder, console.env)
    n_records = sum(journal.n_records for journal in journals if not journal.is_alive)
    pushed: list[Pushed] = []
    with progress_bar(console, "Delivering") as show:
        for journal in journals:
            n_before = sum(each.n_delivered + each.n_refused for each in pushed)

            def note(progress: Delivered, n_before: int = n_before) -> None:
                show(n_before + progress.n_delivered + progress.n_refused, n_records)

            has_failed = any(each.outcome == _FAILED and each.url == (url or journal.url) for each in pushed)
            patience_s = 0.0 if has_failed else _PATIENCE_S
            pushed.append(_push(journal, url, console.env.get("RUNREEL_API_KEY") or None, note, patience_s))
    if arguments.json:
        print_json(_as_json(pushed), console)
    else:
        _say(pushed, console)
    return 1 if any(each.outcome == _FAILED for each in pushed) else 0


def _push(
    journal: Found, url: str | None, api_key: str | None, note: Callable[[Delivered], None], patience_s: float
) -> Pushed:
    from runreel.sdk.recovery import deliver

    target = url or journal.url
    if journal.is_alive:
        return Pushed(journal=journal, url=target, outcome=_ALIVE)
    if journal.problem is not None or target is None:
        problem = journal.problem or "it does not say for which server it is; give --url"
        return Pushed(journal=journal, url=target, outcome=_FAILED, problem=problem)
    if url is None and not has_key(journal, api_key):
        # One that was recorded without a key is for anybody.
        if not has_key(journal, None):
            return Pushed(journal=journal, url=target, outcome=_FAILED, problem=_OTHER_KEY)
        api_key = None
    delivered = deliver(journal.folder, target, api_key, note, patience_s=patience_s)
    return Pushed(
        journal=journal,
        url=target,
        outcome=_DELIVERED if delivered.problem is None else _FAILED,
        n_delivered=delivered.n_delivered,
        n_refused=delivered.n_refused,
        problem=delivered.problem,
    )


def _say(pushed: list[Pushed], console: Console) -> None:
    done = [each for each in pushed if each.n_delivered or each.outcome == _DELIVERED]
    for url in sorted({each.url or "" for each in done}):
        n_delivered = sum(each.n_delivered for each in done if each.url == url)
        n_journals = sum(each.url == url for each in done)
        console.say(f"Delivered {count_of(n_delivered, 'record')} of {count_of(n_journals, 'recorder')} to {url}.")
    if n_refused := sum(each.n_refused for each in pushed):
        console.complain(f"{count_of(n_refused, 'record')} refused; `runreel journal` says why.")
    if n_alive := sum(each.outcome == _ALIVE for each in pushed):
        console.say(f"{count_of(n_alive, 'recorder')} still at work: what they have they deliver themselves.")
    for problem in dict.fromkeys(each.problem for each in pushed if each.problem is not None):
        _say_problem(problem, [each for each in pushed if each.problem == problem], console)
    if not pushed:
        console.say("Nothing waits.")


def _say_problem(problem: str, waiting: list[Pushed], console: Console) -> None:
    """Say what is wrong with one journal, or once what is wrong with many, as where a server is away."""
    if len(waiting) == 1:
        console.complain(f"{waiting[0].journal.folder}: {harmless(problem)}")
        return
    n_records = sum(each.journal.n_records - each.n_delivered - each.n_refused for each in waiting)
    console.complain(
        f"{count_of(max(n_records, 0), 'record')} of {count_of(len(waiting), 'recorder')} wait: {harmless(problem)}"
    )


def _as_json(pushed: list[Pushed]) -> dict[str, object]:
    return {
        "delivered": sum(each.n_delivered for each in pushed),
        "refused": sum(each.n_refused for each in pushed),
        "journals": [
            {
                "folder": each.journal.folder,
                "recorder_id": each.journal.recorder_id,
                "url": each.url,
                "outcome": each.outcome,
                "delivered": each.n_delivered,
                "refused": each.n_refused,
                "problem": each.problem,
            }
            for each in pushed
        ],
    }

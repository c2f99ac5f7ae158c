"""`runreel approvals`: lists what agents ask people, and answers it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runreel.cli.address import add_run_address, read_run
from runreel.cli.answer import JsonObject, list_at, number_at, objects_at, text_at
from runreel.cli.client import MAX_PAGE
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.quantity import format_instant
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless
from runreel.errors import ConfigError

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_COLUMNS = (
    Column(title="AGENT", is_flexible=True, least=10),
    Column(title="RUN", is_flexible=True, least=10),
    Column(title="ASKED"),
    Column(title="STATUS"),
    Column(title="QUESTION", is_flexible=True, least=20),
    Column(title="OPTIONS", is_flexible=True),
    Column(title="ANSWER", is_flexible=True),
    Column(title="ID", is_flexible=True),
)


def add_to(commands: Commands) -> None:
    """Declare the commands; plain `runreel approvals` lists those that wait."""
    common = connection_options()
    filters = argparse.ArgumentParser(add_help=False)
    filters.add_argument("--all", action="store_true", help="also those that are answered, expired or ended")
    approvals = commands.add_parser(
        "approvals",
        help="list what agents ask, and answer it",
        description="Work with the approvals that agents wait for. Without a command: list those that are open.",
        parents=[common, filters],
    )
    approvals.set_defaults(command=list_approvals)
    nested = approvals.add_subparsers(metavar="COMMAND")

    answering = nested.add_parser("answer", help="answer an approval, once", parents=[common])
    add_run_address(answering)
    answering.add_argument("--approval", metavar="ID", help="which approval, where several are open")
    answering.add_argument("--option", required=True, metavar="TEXT", help="the option to choose")
    answering.add_argument("--feedback", metavar="TEXT", help="what to tell the agent beside it")
    answering.add_argument("--who", metavar="NAME", help="who answers")
    answering.set_defaults(command=answer_approval)


def list_approvals(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of approvals, those of the newest runs first."""
    client = connect(arguments, console)
    query = {"status": "all" if arguments.all else "open", "limit": str(MAX_PAGE)}
    approvals: list[object] = []
    while True:
        page = client.get("api", "approvals", query=query)
        approvals += list_at(page, "approvals")
        cursor = text_at(page, "next_cursor")
        if cursor is None:
            break
        query["cursor"] = cursor
    found: JsonObject = {"approvals": approvals, "open_count": int(number_at(page, "open_count"))}
    if "json" in arguments:
        return print_json(found, console)
    rows = [_row(approval, console) for approval in objects_at(found, "approvals")]
    if not rows:
        console.say("No agent has asked anything yet." if arguments.all else "No agent waits for an answer.")
        return 0
    rows.insert(0, titles(_COLUMNS, console.palette.strong))
    for line in lay_out(_COLUMNS, rows, width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)
    return 0


def answer_approval(arguments: argparse.Namespace, console: Console) -> int:
    """Answer the approval that a run waits for."""
    client = connect(arguments, console)
    run_id = str(read_run(client, arguments).get("run_id"))
    event_id = arguments.approval
    if event_id is None:
        event_id = _find_open(objects_at(client.get("api", "by-id", run_id, "approvals"), "approvals"))
    body = {"option": arguments.option, "feedback": arguments.feedback, "who": arguments.who}
    given = {name: value for name, value in body.items() if value is not None}
    approval = client.post("api", "by-id", run_id, "approvals", event_id, "answer", body=given)
    if "json" in arguments:
        return print_json(approval, console)
    console.say(f"Answered {text_at(approval, 'option')!r}: {harmless(text_at(approval, 'question') or '')}")
    return 0


def _find_open(approvals: Sequence[JsonObject]) -> str:
    waiting = [approval for approval in approvals if approval.get("status") == "open"]
    if len(waiting) == 1:
        return str(waiting[0].get("event_id"))
    if waiting:
        raise ConfigError(
            "the run waits for several answers; say which with `--approval`, `runreel approvals` lists them"
        )
    answered = [approval for approval in approvals if approval.get("status") == "answered"]
    if not answered:
        raise ConfigError("the run waits for no answer")
    # Whoever comes second wants to know who was first.
    last = max(answered, key=lambda approval: text_at(approval, "answered_at") or "")
    who, option = text_at(last, "answered_by") or "somebody", text_at(last, "option")
    at = format_instant(last.get("answered_at"))
    raise ConfigError(harmless(f"the run waits for no answer any more: {who} has answered {option!r} at {at}"))


def _row(approval: JsonObject, console: Console) -> list[Cell]:
    status = text_at(approval, "status")
    answered_by = text_at(approval, "answered_by")
    answer = text_at(approval, "option") or ""
    return [
        Cell(harmless(text_at(approval, "agent_name") or "")),
        Cell(harmless(text_at(approval, "run_name") or f"(new run) {approval.get('run_id')}")),
        Cell(format_instant(approval.get("requested_at")), console.palette.faint),
        Cell(harmless(status or ""), console.palette.style_of("waiting_approval" if status == "open" else None)),
        Cell(harmless(text_at(approval, "question") or "")),
        Cell(harmless(", ".join(map(str, list_at(approval, "options"))))),
        Cell(harmless(f"{answer} ({answered_by})" if answered_by else answer)),
        Cell(harmless(text_at(approval, "event_id") or ""), console.palette.faint),
    ]

"""`runreel events`: lists the events of a run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runreel.cli.address import add_run_address, read_run
from runreel.cli.answer import JsonObject, list_at, objects_at, text_at
from runreel.cli.client import MAX_PAGE, Client
from runreel.cli.command import positive_number
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.quantity import format_cost, format_count, format_duration, format_instant
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_DEFAULT_N_EVENTS = 100
_COLUMNS = (
    Column(title="STARTED"),
    Column(title="TYPE", is_flexible=True),
    Column(title="NAME", is_flexible=True),
    Column(title="NODE", is_flexible=True),
    Column(title="STATUS"),
    Column(title="DURATION", is_right=True),
    Column(title="TOKENS", is_right=True),
    Column(title="COST", is_right=True),
    Column(title="ID", is_flexible=True),
)


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "events",
        help="list the events of a run",
        description="List the events of a run in the order in which they happened.",
        parents=[connection_options()],
    )
    add_run_address(parser)
    parser.add_argument("--type", help="only events of this type, such as llm_call")
    parser.add_argument("--status", help="only events of this status, such as failed")
    parser.add_argument("--node", help="only events recorded in this node")
    parser.add_argument("--by", metavar="AGENT", help="only events of this agent, where a run has several")
    parser.add_argument("--search", metavar="TEXT", help="only events whose names have this text")
    parser.add_argument("--errors", action="store_true", help="only failed events")
    parser.add_argument(
        "--limit", type=positive_number, default=_DEFAULT_N_EVENTS, metavar="N", help="most events (%(default)s)"
    )
    parser.set_defaults(command=list_events)


def list_events(arguments: argparse.Namespace, console: Console) -> int:
    """Print a table of events."""
    client = connect(arguments, console)
    run_id = str(read_run(client, arguments).get("run_id"))
    wanted = {
        "type": arguments.type,
        "status": arguments.status,
        "node": arguments.node,
        "agent": arguments.by,
        "search": arguments.search,
        "errors": "true" if arguments.errors else None,
    }
    query = {name: value for name, value in wanted.items() if value is not None}
    page = _read_events(client, run_id, query, limit=arguments.limit)
    if "json" in arguments:
        return print_json(page, console)
    events = objects_at(page, "events")
    rows = [titles(_COLUMNS, console.palette.faint), *(_row(event, console) for event in events)]
    for line in lay_out(_COLUMNS, rows, width=console.width, glyphs=console.glyphs, palette=console.palette):
        if events:
            console.say(line)
    if not events:
        console.say("No event matches." if query else "The run has no events yet.")
    if page.get("next_cursor"):
        console.complain(f"There are more; `--limit {len(events) * 5}` shows them.")
    return 0


def _read_events(client: Client, run_id: str, query: dict[str, str], *, limit: int) -> JsonObject:
    events: list[object] = []
    cursor: str | None = None
    while True:
        page_query = {**query, "limit": str(min(limit - len(events), MAX_PAGE))}
        page = client.get(
            "api", "by-id", run_id, "events", query=page_query if cursor is None else {**page_query, "cursor": cursor}
        )
        events += list_at(page, "events")
        cursor = text_at(page, "next_cursor")
        if cursor is None or len(events) >= limit:
            return {"run_id": run_id, "events": events, "next_cursor": cursor}


def _row(event: JsonObject, console: Console) -> list[Cell]:
    status = text_at(event, "status")
    tokens = [format_count(event.get(key) or 0) for key in ("tokens_in", "tokens_out")]
    has_tokens = bool(event.get("tokens_in") or event.get("tokens_out"))
    return [
        Cell(format_instant(event.get("started_at"))),
        Cell(harmless(text_at(event, "event_type") or "")),
        Cell(harmless(text_at(event, "name") or text_at(event, "model") or "")),
        Cell(harmless(text_at(event, "node_id") or "")),
        Cell(harmless(status or ""), console.palette.style_of(status)),
        Cell(format_duration(event.get("duration_ms"))),
        Cell(f" {console.glyphs.arrow} ".join(tokens) if has_tokens else ""),
        Cell(format_cost(event.get("cost"))),
        Cell(harmless(text_at(event, "event_id") or ""), console.palette.faint),
    ]

"""`runreel stats`: what runs add up to."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runreel.cli.answer import JsonObject, number_at, objects_at, text_at
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.quantity import format_cost, format_count, format_duration
from runreel.cli.table import Cell, Column, lay_out
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from runreel.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "stats",
        help="show what runs add up to",
        description="Show runs, events, tokens, cost and durations of a period; without one, of everything.",
        parents=[connection_options()],
    )
    parser.add_argument("--agent", help="only runs of this agent")
    parser.add_argument("--since", metavar="TIME", help="from this time on (ISO 8601)")
    parser.add_argument("--until", metavar="TIME", help="before this time")
    parser.set_defaults(command=show_stats)


def show_stats(arguments: argparse.Namespace, console: Console) -> int:
    """Print figures, and the agents that they come from."""
    wanted = {"agent": arguments.agent, "since": arguments.since, "until": arguments.until}
    query = {name: value for name, value in wanted.items() if value is not None}
    summary = connect(arguments, console).get("api", "metrics", "summary", query=query)
    if "json" in arguments:
        return print_json(summary, console)
    for heading, rows in _tables(summary):
        console.say(console.palette.paint(heading, console.palette.strong))
        columns = (Column(), *(Column(is_right=True) for _ in rows[0][1:]))
        cells = [[Cell(f"  {harmless(row[0])}"), *map(Cell, row[1:])] for row in rows]
        for line in lay_out(columns, cells, width=console.width, glyphs=console.glyphs, palette=console.palette):
            console.say(line)
    return 0


def _tables(summary: JsonObject) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    yield (
        "Runs",
        [
            ("all", format_count(number_at(summary, "total_runs"))),
            *(
                (text_at(each, "status") or "", format_count(number_at(each, "runs")))
                for each in objects_at(summary, "runs_by_status")
            ),
        ],
    )
    unpriced = number_at(summary, "unpriced_count")
    yield (
        "Usage",
        [
            ("events", format_count(number_at(summary, "total_events"))),
            ("errors", format_count(number_at(summary, "total_errors"))),
            ("tokens in", format_count(number_at(summary, "total_tokens_in"))),
            ("tokens out", format_count(number_at(summary, "total_tokens_out"))),
            ("cost", format_cost(number_at(summary, "total_cost")) + ("+" if unpriced else "")),
        ],
    )
    yield (
        "Durations of runs",
        [(name, format_duration(summary.get(f"{name}_ms")) or "-") for name in ("p50", "p95", "p99")],
    )
    for heading, key in (("Agents by cost", "top_agents_by_cost"), ("Agents by runs", "top_agents_by_runs")):
        agents = objects_at(summary, key)
        if agents:
            yield (
                heading,
                [
                    (
                        text_at(each, "agent_name") or "",
                        f"{format_count(number_at(each, 'runs'))} runs",
                        format_cost(number_at(each, "cost")),
                    )
                    for each in agents
                ],
            )

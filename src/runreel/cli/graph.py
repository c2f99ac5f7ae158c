"""`runreel graph`: writes the graph of a run for programs that draw it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runreel.cli.address import add_run_address, read_run
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_FORMATS = ("mermaid", "dot", "json")


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "graph",
        help="write the graph of a run as Mermaid, DOT or JSON",
        description="Write the nodes and edges of a run as they were declared, for programs that draw them.",
        parents=[connection_options()],
    )
    add_run_address(parser)
    parser.add_argument("--format", choices=_FORMATS, default="mermaid", help="what to write (%(default)s)")
    parser.add_argument("--path", action="store_true", help="also what was taken, how often, and states")
    parser.set_defaults(command=write_graph)


def write_graph(arguments: argparse.Namespace, console: Console) -> int:
    """Print the graph of a run."""
    client = connect(arguments, console)
    run_id = str(read_run(client, arguments).get("run_id"))
    wanted = "json" if "json" in arguments else arguments.format
    query = {"format": wanted, "path": "true" if arguments.path else "false"}
    segments = ("api", "by-id", run_id, "graph")
    if wanted == "json":
        return print_json(client.get(*segments, query=query), console)
    console.out.write(b"".join(client.download(*segments, query=query)).decode())
    return 0

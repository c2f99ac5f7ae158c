"""`runreel cancel`, `pause` and `resume`: ask the agent of a run to stop, to wait or to go on."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from runreel.cli.address import add_run_address, read_run
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.run_view import name_of

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_ACTIONS = {
    "cancel": "ask the agent of a run to stop",
    "pause": "ask the agent of a run to wait",
    "resume": "let a paused agent go on",
}


def add_to(commands: Commands) -> None:
    """Declare the commands."""
    for action, purpose in _ACTIONS.items():
        parser = commands.add_parser(
            action,
            help=purpose,
            description=f"{purpose.capitalize()}; it does so when it next looks, if it looks at all.",
            parents=[connection_options()],
        )
        add_run_address(parser)
        parser.add_argument("--why", metavar="TEXT", help="what to tell it and the others")
        parser.add_argument("--who", metavar="NAME", help="who asks")
        parser.set_defaults(command=partial(ask, action))


def ask(action: str, arguments: argparse.Namespace, console: Console) -> int:
    """Ask something of the agent of a run."""
    client = connect(arguments, console)
    run = read_run(client, arguments)
    body = {"action": action, "why": arguments.why, "who": arguments.who}
    given = {name: value for name, value in body.items() if value is not None}
    request = client.post("api", "by-id", str(run.get("run_id")), "requests", body=given)
    if "json" in arguments:
        return print_json(request, console)
    console.say(f"Asked {name_of(run)} to {action}; its agent does so when it next looks.")
    return 0

"""How a run is named on the command line: by its agent and its name, or by its id alone."""

from __future__ import annotations

import argparse

from runreel.cli.answer import JsonObject
from runreel.cli.client import Client
from runreel.errors import ConfigError


def add_run_address(parser: argparse.ArgumentParser) -> None:
    """Declare the two words that name a run, and `--id`."""
    parser.add_argument("agent", metavar="AGENT", nargs="?", help="the run's agent")
    parser.add_argument("run", metavar="RUN", nargs="?", help="the run's name")
    parser.add_argument("--id", metavar="ID", help="the run's id, in place of both")


def read_run(client: Client, arguments: argparse.Namespace) -> JsonObject:
    """Return the run that the arguments name, as the server shows it; a former name leads to it."""
    if (arguments.id is None) is (arguments.run is None):
        raise ConfigError("name a run by its agent and its name, or give its id with `--id`")
    if arguments.id is not None:
        return client.get("api", "by-id", arguments.id)
    return client.get("api", "runs", arguments.agent, arguments.run)

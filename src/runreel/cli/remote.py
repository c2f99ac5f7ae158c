"""What the commands that ask a running server share: their options, the client, and JSON as the result."""

from __future__ import annotations

import argparse
import json

from runreel.cli.client import DEFAULT_URL, Client
from runreel.cli.console import Console
from runreel.errors import ConfigError


def common_options() -> argparse.ArgumentParser:
    """Return the options that all these commands take."""
    # An option that is not given leaves no trace: else `runs --url X list` would take list's default over X.
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--url", help=f"the server (RUNREEL_URL, else {DEFAULT_URL})")
    options.add_argument("--json", action="store_true", help="print JSON, as the server gives it")
    return options


def client_of(arguments: argparse.Namespace, console: Console) -> Client:
    """Return the client of the server that the arguments, else the environment, name."""
    if "url" in arguments:
        return Client(arguments.url)
    try:
        return Client(console.env.get("RUNREEL_URL") or DEFAULT_URL)
    except ConfigError as error:
        raise ConfigError(f"{error} in RUNREEL_URL") from error


def print_json(value: object, console: Console) -> int:
    """Print the result as JSON; return the exit code."""
    # Escaped, since not every terminal can show, and not every reader can decode, what recorders put into names.
    console.say(json.dumps(value, indent=2))
    return 0

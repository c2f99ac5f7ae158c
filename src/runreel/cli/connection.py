"""How commands reach what is recorded: a running server, or the database itself where none runs."""

from __future__ import annotations

import argparse

from runreel.cli.client import DEFAULT_URL, Client
from runreel.cli.console import Console
from runreel.cli.extra import needed_extra
from runreel.cli.up import settings_of
from runreel.errors import ConfigError, RunreelError


def connection_options() -> argparse.ArgumentParser:
    """Return the options that all commands about recorded runs have."""
    # An option that is not given leaves no trace: else `runs --url X list` would take list's default over X.
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--url", help=f"the server (RUNREEL_URL, else {DEFAULT_URL})")
    options.add_argument("--data", metavar="DIR", help="folder of the data, where no server runs (RUNREEL_DATA)")
    options.add_argument("--database", metavar="URL", help="database, where no server runs (RUNREEL_DATABASE)")
    options.add_argument("--json", action="store_true", help="print JSON, as the server gives it")
    return options


def connect(arguments: argparse.Namespace, console: Console, *, may_create: bool = False) -> Client:
    """Return a client of the server that was named, else of the one on this machine, else of one in this process.

    The last serves the database until the command ends; `may_create` lets it begin one.

    Raises:
        ConfigError: the address can't be used.
        RunreelError: no server answers, and the database can't be opened.
    """
    if "url" in arguments:
        return Client(arguments.url)
    named = console.env.get("RUNREEL_URL")
    if named:
        try:
            return Client(named)
        except ConfigError as error:
            raise ConfigError(f"{error} in RUNREEL_URL") from error
    client = Client(DEFAULT_URL)
    if "data" not in arguments and "database" not in arguments and client.is_answered():
        return client
    return Client(_serve_here(arguments, console, may_create=may_create))


def _serve_here(arguments: argparse.Namespace, console: Console, *, may_create: bool) -> str:
    arguments.data = getattr(arguments, "data", None)
    arguments.database = getattr(arguments, "database", None)
    try:
        with needed_extra("opening the database without a server"):
            from runreel.server.run import serving_privately
            from runreel.storage.sql import has_database

            settings = settings_of(arguments, console.env)
            if not may_create and not has_database(settings.database_url()):
                raise RunreelError(
                    f"no Runreel answers at {DEFAULT_URL}, and there is no database yet; start it with `runreel up`"
                )
            return console.exits.enter_context(serving_privately(settings))
    except ConfigError as error:
        raise RunreelError(f"no Runreel answers at {DEFAULT_URL}; start it with `runreel up`. ({error})") from error

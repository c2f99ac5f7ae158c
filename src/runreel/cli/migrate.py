"""`runreel migrate`: brings a database to the form that this version needs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runreel.cli.console import Console
from runreel.cli.extra import needed_extra
from runreel.cli.up import add_storage_options, settings_of

if TYPE_CHECKING:
    from runreel.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Declare the command."""
    text = "bring the database to the form that this version needs"
    parser = commands.add_parser("migrate", help=text, description=f"{text.capitalize()}. Safe to repeat.")
    add_storage_options(parser)
    parser.set_defaults(command=migrate_database)


def migrate_database(arguments: argparse.Namespace, console: Console) -> int:
    """Migrate, and say from where to where."""
    with needed_extra("runreel migrate"):
        from runreel.storage.sql import migrate

        report = migrate(settings_of(arguments, console.env).database_url())
    if report.from_revision == report.to_revision:
        console.say(f"The database is at revision {report.to_revision} already; nothing was changed.")
    else:
        console.say(f"Migrated from {report.from_revision or 'an empty database'} to revision {report.to_revision}.")
    return 0

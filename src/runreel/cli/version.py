"""`runreel version`: which Runreel is installed here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runreel import __version__
from runreel.cli.console import Console

if TYPE_CHECKING:
    from runreel.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("version", help="say which version is installed")
    parser.set_defaults(command=show_version)


def show_version(_: argparse.Namespace, console: Console) -> int:
    """Print the version."""
    console.say(f"runreel {__version__}")
    return 0

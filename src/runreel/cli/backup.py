"""`runreel backup` and `runreel restore`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from runreel.cli.console import Console, print_json
from runreel.cli.extra import needed_extra
from runreel.cli.progress import progress_bar
from runreel.cli.quantity import count_of, format_instant, format_size
from runreel.cli.up import add_storage_options, settings_of
from runreel.model.instant import format_instant as iso_instant
from runreel.model.instant import now

if TYPE_CHECKING:
    from runreel.cli.command import Commands
    from runreel.model.backup import BackupReport


def add_to(commands: Commands) -> None:
    """Declare both commands."""
    text = "copy the database and its blobs, also while the server runs"
    parser = commands.add_parser("backup", help=text, description=f"{text.capitalize()}.")
    parser.add_argument("target", metavar="TARGET", type=Path, help="a new folder")
    add_storage_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=back_up_data)

    text = "put a backup into a data folder"
    parser = commands.add_parser("restore", help=text, description=f"{text.capitalize()}, once it is found whole.")
    parser.add_argument("source", metavar="SOURCE", type=Path, help="the folder of the backup")
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="the data folder, an empty one")
    parser.add_argument("--replace", action="store_true", help="replace the database that is there")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=restore_data)


def back_up_data(arguments: argparse.Namespace, console: Console) -> int:
    """Make a backup."""
    with needed_extra("runreel backup"), progress_bar(console, "Copying") as show:
        from runreel.storage.blobs import find_folder
        from runreel.storage.sql.backup import back_up

        settings = settings_of(arguments, console.env)
        blobs = find_folder(settings.blobs_place())
        report = back_up(settings.database_url(), arguments.target, blobs=blobs, now=now(), on_progress=show)
    if blobs is None:
        console.complain("What is in the bucket is not part of it: keep a copy of the bucket, made after this one.")
    if arguments.json:
        return print_json(_as_json(report), console)
    console.say(f"Backed up {_contents(report)}, and found the copy whole.")
    return 0


def restore_data(arguments: argparse.Namespace, console: Console) -> int:
    """Restore a backup."""
    with needed_extra("runreel restore"):
        from runreel.storage.sql.backup import restore

        report = restore(arguments.source, arguments.data.expanduser(), replace=arguments.replace)
    if arguments.json:
        return print_json(_as_json(report), console)
    console.say(f"Restored {_contents(report)}, as of {format_instant(iso_instant(report.created_at))}.")
    return 0


def _contents(report: BackupReport) -> str:
    size = format_size(report.database_bytes + report.blob_bytes)
    blobs = f", {count_of(report.n_blobs, 'blob')}" if report.n_blobs else ""
    return f"{count_of(report.n_runs, 'run')} with {count_of(report.n_events, 'event')}{blobs} ({size})"


def _as_json(report: BackupReport) -> dict[str, object]:
    return {
        "runs": report.n_runs,
        "events": report.n_events,
        "blobs": report.n_blobs,
        "database_bytes": report.database_bytes,
        "blob_bytes": report.blob_bytes,
        "created_at": iso_instant(report.created_at),
    }

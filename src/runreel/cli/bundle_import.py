"""`runreel import`: puts the runs of a bundle in, or those of a database of another program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from runreel.cli.answer import JsonObject, number_at, objects_at, text_at
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console, print_json
from runreel.cli.foreign_import import SQLITE, import_database, is_database
from runreel.cli.import_text import show_runs
from runreel.cli.progress import counting_bytes
from runreel.cli.text import harmless
from runreel.errors import ConfigError, RunreelError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from runreel.cli.command import Commands

_PIECE_BYTES = 256 * 1024
# By the first bytes of the file, whatever it is called.
_ENCODINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}
_OUTCOMES = ("new", "same", "changed", "refused")


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "import",
        help="put the runs of a bundle or of an old database in",
        description="Put the runs of a bundle in, or of a database of another program: of the legacy workflow system, "
        "or of GATI. Doing it again changes nothing.",
        parents=[connection_options()],
    )
    parser.add_argument(
        "file",
        metavar="FILE|URL",
        help="what `runreel export` wrote, also gzip or zstd, - for input; or an SQLite file, or postgresql://…",
    )
    parser.add_argument("--revive", action="store_true", help="also runs that were deleted here")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of it, and keep nothing")
    parser.add_argument("--into", metavar="SESSION", help="id of the session that takes all the runs")
    parser.add_argument("--files", metavar="DIR", help="folder below which files of an old database may be read")
    parser.set_defaults(command=import_runs)


def import_runs(arguments: argparse.Namespace, console: Console) -> int:
    """Import, and say what became of the runs; fails where one was refused or the bundle is not whole."""
    query = {"revive": "true"} if arguments.revive else {}
    if arguments.dry_run:
        query["dry_run"] = "true"
    if arguments.into is not None:
        query["into"] = arguments.into
    if is_database(arguments.file):
        return import_database(arguments, console, query)
    if arguments.files is not None:
        raise ConfigError("--files is for databases of other programs; a bundle brings its files itself")
    with _opened(arguments.file) as file:
        first = file.read(_PIECE_BYTES)
        _require_bundle(arguments.file, first)
        headers = {"Content-Type": "application/x-ndjson"}
        if encoding := _ENCODINGS.get(first[:2]):
            headers["Content-Encoding"] = encoding
        total_bytes = None if arguments.file == "-" else Path(arguments.file).stat().st_size
        client = connect(arguments, console, may_create=True)
        content = counting_bytes(_pieces(first, file), console, total_bytes=total_bytes)
        report = client.upload("api", "import", query=query, headers=headers, content=content)
    if "json" in arguments:
        print_json(report, console)
    else:
        _show(report, console)
    return 1 if report.get("refused") or report.get("problem") else 0


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise RunreelError(f"the file {name!r} can't be read ({error.strerror})") from error


def _require_bundle(name: str, first: bytes) -> None:
    if first[:2] in _ENCODINGS or first.lstrip()[:1] == b"{":
        return
    if first.startswith(SQLITE):
        raise RunreelError(f"{name!r} is a database, which can't be read from a pipe; write it to a file first")
    what = "is neither a bundle nor an SQLite database, or it is encrypted" if first else "is empty"
    raise RunreelError(f"{name!r} {what}")


def _pieces(first: bytes, file: BinaryIO) -> Iterator[bytes]:
    piece = first
    while piece:
        yield piece
        piece = file.read(_PIECE_BYTES)


def _show(report: JsonObject, console: Console) -> None:
    counts = ", ".join(f"{number_at(report, outcome):,.0f} {outcome}" for outcome in _OUTCOMES)
    is_trial = report.get("dry_run") is True
    console.say(f"Runs: {counts}. Events: {number_at(report, 'events'):,.0f}.")
    if is_trial:
        console.say("It was a dry run: nothing was kept.")
    show_runs("Renamed, since another run has the name", objects_at(report, "renamed_runs"), "wanted_name", console)
    show_runs("Refused", objects_at(report, "refused_runs"), "reason", console)
    if problem := text_at(report, "problem"):
        console.complain(harmless(problem[:1].upper() + problem[1:] + "."))

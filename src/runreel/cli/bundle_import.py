"""`runreel import`: puts the runs of a bundle in."""

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
from runreel.cli.progress import counting_bytes
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless
from runreel.errors import RunreelError

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
        help="put the runs of a bundle in",
        description="Put the runs of a bundle in. Doing it again changes nothing.",
        parents=[connection_options()],
    )
    parser.add_argument("file", metavar="FILE", help="what `runreel export` wrote, also gzip or zstd; - for input")
    parser.add_argument("--revive", action="store_true", help="also runs that were deleted here")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of it, and keep nothing")
    parser.add_argument("--into", metavar="SESSION", help="id of the session that takes all the runs")
    parser.set_defaults(command=import_runs)


def import_runs(arguments: argparse.Namespace, console: Console) -> int:
    """Import, and say what became of the runs; fails where one was refused or the bundle is not whole."""
    query = {"revive": "true"} if arguments.revive else {}
    if arguments.dry_run:
        query["dry_run"] = "true"
    if arguments.into is not None:
        query["into"] = arguments.into
    with _opened(arguments.file) as file:
        first = file.read(_PIECE_BYTES)
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
    _show_runs("Renamed, since another run has the name", objects_at(report, "renamed_runs"), "wanted_name", console)
    _show_runs("Refused", objects_at(report, "refused_runs"), "reason", console)
    if problem := text_at(report, "problem"):
        console.complain(harmless(problem[:1].upper() + problem[1:] + "."))


def _show_runs(heading: str, runs: list[JsonObject], last: str, console: Console) -> None:
    if not runs:
        return
    columns = (
        Column(title="AGENT", is_flexible=True),
        Column(title="RUN", is_flexible=True),
        Column(title="WANTED" if last == "wanted_name" else "WHY"),
        Column(title="ID"),
    )
    rows = [
        [Cell(harmless(text_at(run, key) or "")) for key in ("agent_name", "run_name", last, "run_id")] for run in runs
    ]
    console.say(f"{heading}:")
    head = titles(columns, console.palette.faint)
    for line in lay_out(columns, [head, *rows], width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)

"""`runreel journal`: shows what recorders on this machine have not delivered yet, and what servers refused."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from runreel.cli.console import Console, print_json
from runreel.cli.journals import count_files, find_waiting, is_process, iter_dead_letters
from runreel.cli.quantity import count_of, format_count, format_duration, format_size
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from runreel.cli.command import Commands
    from runreel.sdk.journal.folder import Found

_COLUMNS = (
    Column(title="SERVER", is_flexible=True, least=20),
    Column(title="RECORDS", is_right=True),
    Column(title="FILES", is_right=True),
    Column(title="SIZE", is_right=True),
    Column(title="AGE", is_right=True),
    Column(title="RECORDER"),
    Column(title="FOLDER", is_flexible=True, least=20),
)


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "journal",
        help="show what was recorded here and not delivered yet",
        description="Show what recorders on this machine have not delivered yet, and what servers refused.",
    )
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", help="folder of the journals, or one of them (RUNREEL_JOURNAL)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=show_journals)


def show_journals(arguments: argparse.Namespace, console: Console) -> int:
    """Print what waits, and the reasons of what was refused."""
    journals = find_waiting(arguments.folder, console.env)
    letters = _dead_letters(arguments.folder, journals, console)
    now = time.time()
    if arguments.json:
        content = {
            "journals": [_as_json(journal, now) for journal in journals],
            "dead_letters": [
                {"folder": folder, "kind": kind, "reason": reason, "count": count}
                for (folder, kind, reason), count in sorted(letters.items(), key=_most_first)
            ],
        }
        return print_json(content, console)
    rows = [_row(journal, now) for journal in journals]
    head = titles(_COLUMNS, console.palette.faint)
    lines = [head, *rows] if rows else []
    for line in lay_out(_COLUMNS, lines, width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)
    for journal in journals:
        if journal.problem is not None:
            console.complain(f"{journal.folder}: {harmless(journal.problem)}")
    if not journals:
        console.say("Nothing waits.")
    if any(journal.n_records and not journal.is_alive for journal in journals):
        console.complain("`runreel push` delivers what recorders left that are gone.")
    _say_letters(letters, console)
    return 0


def _dead_letters(folder: str | None, journals: list[Found], console: Console) -> Counter[tuple[str, str, str]]:
    """Count what was refused by folder, kind and reason; a target's folder may have letters and no journal."""
    from runreel.cli.journals import root_of

    root = Path(root_of(folder, console.env))
    folders = {Path(journal.folder).parent for journal in journals}
    if root.is_dir():
        folders |= {path for path in root.iterdir() if path.is_dir()}
    return Counter(
        (str(path), kind or "", reason) for path in sorted(folders) for reason, kind in iter_dead_letters(path)
    )


def _say_letters(letters: Counter[tuple[str, str, str]], console: Console) -> None:
    if not letters:
        return
    console.say(f"Refused: {count_of(letters.total(), 'record')}.")
    for (folder, kind, reason), count in sorted(letters.items(), key=_most_first):
        console.say(f"  {format_count(count)} {harmless(kind or 'record')}: {harmless(reason)} ({folder})")


def _most_first(item: tuple[tuple[str, str, str], int]) -> tuple[int, tuple[str, str, str]]:
    return -item[1], item[0]


def _row(journal: Found, now: float) -> list[Cell]:
    n_files, file_bytes = count_files(journal)
    age_s = _age_s(journal, now)
    return [
        Cell(harmless(journal.url or "unknown")),
        Cell(format_count(journal.n_records)),
        Cell(format_count(n_files) if n_files else ""),
        Cell(format_size(journal.n_bytes + file_bytes)),
        Cell("" if age_s is None else format_duration(age_s * 1000)),
        Cell(_state_of(journal)),
        Cell(journal.folder),
    ]


def _state_of(journal: Found) -> str:
    if not journal.is_alive:
        return "gone"
    # Its lock is held: by the recorder, or by somebody who delivers what it left.
    return f"alive, process {journal.pid}" if journal.pid is None or is_process(journal.pid) else "being delivered"


def _age_s(journal: Found, now: float) -> float | None:
    since = journal.oldest_at or journal.started_at
    return None if since is None else max(0.0, now - since)


def _as_json(journal: Found, now: float) -> dict[str, object]:
    n_files, file_bytes = count_files(journal)
    return {
        "folder": journal.folder,
        "url": journal.url,
        "recorder_id": journal.recorder_id,
        "records": journal.n_records,
        "bytes": journal.n_bytes,
        "files": n_files,
        "file_bytes": file_bytes,
        "age_s": _age_s(journal, now),
        "is_alive": journal.is_alive,
        "pid": journal.pid,
        "problem": journal.problem,
    }

"""Journals to try things with, and what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from runreel.sdk.journal.adopted import adopt
from runreel.sdk.journal.journal import Journal
from runreel.sdk.journal.reading import Chunk, Position

KIB = 1024
MIB = 1024 * KIB
OpenJournal: TypeAlias = Callable[..., Journal]


@dataclass(frozen=True, slots=True)
class Target:
    """A server and a key."""

    url: str = "http://127.0.0.1:4700"
    key: str = "0123456789abcdef"


class Readable(Protocol):
    """What a journal of this process and an adopted one have in common."""

    def read(self, max_bytes: int, max_records: int, *, after: Position | None = None) -> Chunk: ...

    def acknowledge(self, position: Position) -> None: ...


def make_journal(
    root: str, recorder_id: str = "00000000000000aa", *, kind: type[Journal] = Journal, **settings: object
) -> Journal:
    """Open a journal of small segments."""
    return kind.open(root, Target(), recorder_id=recorder_id, **settings)


def waiting(journal: Readable, max_records: int = 100) -> list[bytes]:
    """Return all that waits, without acknowledging it."""
    found: list[bytes] = []
    chunk = journal.read(MIB, max_records)
    while chunk:
        found += chunk.records
        chunk = journal.read(MIB, max_records, after=chunk.position)
    return found


def drain(journal: Readable, max_records: int = 100) -> list[bytes]:
    """Return all that waits, and acknowledge it."""
    found: list[bytes] = []
    while chunk := journal.read(MIB, max_records):
        found += chunk.records
        journal.acknowledge(chunk.position)
    return found


def copy_of(folder: str, to: Path) -> str:
    """Copy the files of a journal as a kill at this moment would leave them: without anybody who holds the lock."""
    shutil.copytree(folder, to)
    return str(to)


def left_in(folder: str) -> list[bytes]:
    """Adopt a journal and return what waits in it; nothing if there is none."""
    journal = adopt(folder)
    if journal is None:
        return []
    try:
        return waiting(journal)
    finally:
        journal.close(delete_if_empty=False)


def names_in(folder: str) -> list[str]:
    """Return what is in a folder."""
    return sorted(each.name for each in Path(folder).iterdir())

"""Files that are no whole database, each in its own way, and what has to be said of them."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.support.legacy_database import reference_tables, write

Break = Callable[[Path], Path]


def sound(folder: Path) -> Path:
    """Write a whole database with pages enough to break some."""
    return write(folder / "old.db", reference_tables())


def missing(folder: Path) -> Path:
    return folder / "nowhere.db"


def directory(folder: Path) -> Path:
    return folder


def empty(folder: Path) -> Path:
    path = folder / "empty.db"
    path.touch()
    return path


def no_database(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("These are notes, and no database.\n" * 100)
    return path


def encrypted(folder: Path) -> Path:
    path = folder / "secret.db"
    path.write_bytes(random.Random(1).randbytes(8_192))
    return path


def header_only(folder: Path) -> Path:
    path = folder / "head.db"
    path.write_bytes(b"SQLite format 3\0")
    return path


def truncated(folder: Path) -> Path:
    path = sound(folder)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def corrupt_page(folder: Path) -> Path:
    """Overwrite pages that hold rows of events, in the middle of the file."""
    path = sound(folder)
    with closing(sqlite3.connect(path)) as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'execution_events'").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * page_bytes)
        file.write(b"\x55" * page_bytes)
    return path


def corrupt_schema(folder: Path) -> Path:
    path = sound(folder)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\x00" * 400)
    return path


def hot_journal(folder: Path) -> Path:
    """Copy a file while a program writes it, with the journal that would undo what it began."""
    path, copy = sound(folder), folder / "left.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # So small a cache that pages are written before the commit.
        connection.execute("PRAGMA cache_size=1")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN")
        connection.execute("UPDATE execution_events SET outputs = outputs || 'x'")
        shutil.copy(path, copy)
        shutil.copy(f"{path}-journal", f"{copy}-journal")
    return copy


def own(folder: Path) -> Path:
    """Write a database of Runreel."""
    from runreel.storage.sql import open_store

    open_store(f"sqlite:///{folder / 'runreel.db'}").close()
    return folder / "runreel.db"


def unknown(folder: Path) -> Path:
    path = folder / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    return path


def without_tables(folder: Path) -> Path:
    path = folder / "bare.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    return path


BROKEN: dict[str, tuple[Break, str]] = {
    "missing": (missing, "there is no file"),
    "directory": (directory, "is a folder"),
    "empty": (empty, "is empty"),
    "no database": (no_database, "is no SQLite database, or it is encrypted"),
    "encrypted": (encrypted, "is no SQLite database, or it is encrypted"),
    "header only": (header_only, "is no SQLite database, or it is encrypted"),
    "truncated": (truncated, "is cut off: it has"),
    "corrupt page": (corrupt_page, "is damaged"),
    "corrupt schema": (corrupt_schema, "is damaged"),
    "hot journal": (hot_journal, "a program was killed while it wrote"),
    "own": (own, "is a database of Runreel"),
    "unknown": (unknown, "its tables are 'orders'"),
    "without tables": (without_tables, "has no tables"),
}
"""By name: how to make one, and a part of what is said of it."""
